import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { runCli, type CliResult } from '../../support/cli.ts'
import { expectPageOrReason, HostileBundle } from './hostile-bundle.ts'
import { read, rejected } from './hostile-cases.ts'

/** These verbs open a bundle as `reduce` does, so each bundle is tested with one of them. */
const others = [
  ['show'],
  ['check'],
  ['export', '--to', 'otlp', '--content'],
  ['export', '--to', 'chrome'],
  ['export', '--to', 'jsonl'],
] as const

type Start = { readonly bundle: HostileBundle; readonly heapMb: number }

async function trace({ bundle, heapMb }: Start, [verb, ...flags]: readonly string[]): Promise<CliResult> {
  return await runCli(['trace', verb ?? '', bundle.directory, ...flags], {
    nodeFlags: [`--max-old-space-size=${heapMb}`],
  })
}

/** The command prints a result or a reason: it does not crash, hang, or print what is outside. */
function expectEnd({ code, out, err }: CliResult): void {
  expect([0, 1], err).toContain(code)
  expect(err.split('\n').length).toBeLessThan(5)
  expect(out + err).not.toContain('canary')
}

const cases = [...rejected, ...read].map(([what, damage], index) => ({ what, damage, index }))

test.each(cases)('each verb of codecell trace ends for a bundle with $what', async ({ damage, index }) => {
  const bundle = new HostileBundle()
  damage(bundle)
  const [reduced, page] = await Promise.all([
    trace({ bundle, heapMb: 400 }, ['reduce', '--output', '-']),
    trace({ bundle, heapMb: 600 }, ['view', '--output', '-']),
  ])
  expectEnd(reduced)
  expectPageOrReason(page)
  const ended = await Promise.all([
    trace({ bundle, heapMb: 600 }, ['replay']),
    trace({ bundle, heapMb: 600 }, others[index % others.length] ?? ['show']),
  ])
  for (const result of ended) expectEnd(result)
  expect(readFileSync(bundle.secret, 'utf8')).toBe('{"canary":true}\n')
})

test('codecell trace check reads a log of 1 GiB in the memory of one line', async () => {
  const bundle = new HostileBundle()
  const list = bundle.lines()
  const last: unknown = JSON.parse(list.pop() ?? '')
  const filler = { ...Object(last), payload: { type: 'thread_resumed', thread_id: 'T1', more: 'x'.repeat(2 ** 25) } }
  bundle.writeLines(list)
  for (let index = 0; index < 32; index++) {
    const type = index % 2 === 0 ? 'thread_resumed' : 'thread_ended'
    const payload = { ...filler.payload, type, status: 'completed' }
    bundle.append('trace.jsonl', `${JSON.stringify({ ...filler, seq: list.length + 1 + index, payload })}\n`)
  }
  bundle.append('trace.jsonl', `${JSON.stringify({ ...Object(last), seq: list.length + 33 })}\n`)
  expect(await trace({ bundle, heapMb: 200 }, ['check', '--no-replay'])).toEqual({
    code: 0,
    out: 'reduces: status completed, cells: 1, tool calls: 2, conversation items: 4, payloads: 9\ncomplete\n',
    err: '',
  })
})
