import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import type { ApprovalBatch, ApprovalDecision, ApprovalRequest, Tool } from '../../index.ts'
import { ApprovalPrompt } from './approval-prompt.ts'

const tool = (name: string): Tool => ({ name, call: () => null })

function request(key: string, identifier: string, line: number): ApprovalRequest {
  const place = { line, column: 1 }
  return {
    key,
    cellId: '1',
    callId: key,
    execCallId: null,
    identifier,
    tool: tool(identifier),
    input: { key },
    location: place,
  }
}

const source = 'mails.map(tools.send)\ntools.remove(x)\ntools.send(last)'
const batch: ApprovalBatch = {
  cellId: '1',
  source,
  requests: [
    request('a', 'send', 1),
    request('b', 'send', 1),
    request('c', 'remove', 2),
    request('d', 'send', 1),
    request('e', 'send', 3),
  ],
}

/** Types the next line at each prompt. */
class Typist {
  readonly input = new PassThrough()
  readonly output = new PassThrough()
  readonly #lines: string[]
  seen = ''

  constructor(lines: readonly string[]) {
    this.#lines = [...lines]
    this.output.on('data', (chunk: Buffer) => {
      const text = chunk.toString()
      this.seen += text
      if (!/\? \[.*\] $|\): $/.test(text)) return
      const line = this.#lines.shift()
      if (line === undefined) this.input.end()
      else this.input.write(`${line}\n`)
    })
  }

  get questions(): readonly string[] {
    return this.seen.match(/Approve [^?]*\?|Reason for|The program:|\d+ calls? of .* from line \d$/gm) ?? []
  }
}

const room = (): Disposable => ({ [Symbol.dispose]: () => undefined })
const { signal } = new AbortController()
const once: ApprovalDecision = { type: 'allow' }

test.each([
  ['"y" to each group', ['y', 'Yes ', 'y'], { a: once, b: once, d: once, c: once, e: once }],
  [
    '"n" with and without a reason',
    ['n', ' too many ', '', 'n', '', 'y'],
    {
      a: { type: 'deny', reason: 'too many' },
      b: { type: 'deny', reason: 'too many' },
      d: { type: 'deny', reason: 'too many' },
      c: { type: 'deny' },
      e: once,
    },
  ],
  [
    'a number smaller than the number of calls',
    ['2', 'n', '', 'y', 'y'],
    {
      a: once,
      b: once,
      d: { type: 'deny' },
      c: once,
      e: once,
    },
  ],
  [
    'a number greater than the number of calls',
    ['10', 'n', ''],
    {
      a: once,
      b: once,
      d: once,
      e: { type: 'allow_in_cell', calls: 7 },
      c: { type: 'deny' },
    },
  ],
  [
    '"s"',
    ['s', 'y'],
    {
      a: { type: 'allow_in_session' },
      b: { type: 'allow_in_session' },
      d: { type: 'allow_in_session' },
      e: { type: 'allow_in_session' },
      c: once,
    },
  ],
  [
    'the end of the input',
    ['y'],
    {
      a: once,
      b: once,
      d: once,
      c: { type: 'deny', reason: 'the input ended without a reply' },
      e: { type: 'deny', reason: 'the input ended without a reply' },
    },
  ],
] satisfies [string, string[], Record<string, ApprovalDecision>][])(
  'the reply %s decides about the waiting calls',
  async (_, lines, expected) => {
    const typist = new Typist(lines)
    expect(Object.fromEntries(await new ApprovalPrompt(typist, room).decide(batch, signal))).toEqual(expected)
  },
)

test('each group is printed before its prompt, and "v" prints it completely', async () => {
  const typist = new Typist(['v', '?', 'y', 'y', 'y'])
  await new ApprovalPrompt(typist, room).decide(batch, signal)
  expect(typist.questions).toEqual([
    'The program:',
    '3 calls of tools.send from line 1',
    'Approve 3 calls of tools.send from line 1?',
    'The program:',
    '3 calls of tools.send from line 1',
    'Approve 3 calls of tools.send from line 1?',
    'Approve 3 calls of tools.send from line 1?',
    '1 call of tools.remove from line 2',
    'Approve 1 call of tools.remove from line 2?',
    '1 call of tools.send from line 3',
    'Approve 1 call of tools.send from line 3?',
  ])
  expect(typist.seen).toContain('  s  approve all calls of the tool\n')
})

test('input from before a prompt does not reply to it', async () => {
  const typist = new Typist(['n', ''])
  typist.input.write('y\ny\ny\n')
  const alone = { ...batch, requests: batch.requests.slice(0, 1) }
  expect([...(await new ApprovalPrompt(typist, room).decide(alone, signal))]).toEqual([['a', { type: 'deny' }]])
})

test('an abort ends the prompt, and the next batch gets its own prompt', async () => {
  const silent = { input: new PassThrough(), output: new PassThrough() }
  const asked = new ApprovalPrompt(silent, room)
  const stop = new AbortController()
  const first = asked.decide(batch, stop.signal)
  const alone = { ...batch, requests: batch.requests.slice(2, 3) }
  const second = asked.decide(alone, signal)
  let seen = ''
  silent.output.on('data', (chunk: Buffer) => {
    seen += chunk.toString()
    if (seen.endsWith('send from line 1? [y, n, a number, s, v, ?] ')) stop.abort(new Error('the cell ended'))
    if (seen.endsWith('remove from line 2? [y, n, a number, s, v, ?] ')) silent.input.write('y\n')
  })
  await expect(first).rejects.toThrow()
  expect([...(await second)]).toEqual([['c', once]])
})
