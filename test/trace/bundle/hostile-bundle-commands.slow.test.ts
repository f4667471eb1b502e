import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { openTraceBundle } from '../../../src/trace.ts'
import { runCli, type CliResult } from '../../support/cli.ts'
import { runInProcess } from '../../support/in-process-cli.ts'
import { errorFrom } from '../reducer/error-from.ts'
import { expectPageOrReason, HostileBundle } from './hostile-bundle.ts'
import { read, rejected } from './hostile-cases.ts'
import { SmallThread } from '../small-thread.ts'

// Bundles are untrusted. The commands run in a thread whose heap is too small for the contents of these bundles, and each
// bundle is next to a file that no command may read.

const thread = new SmallThread()
afterAll(() => thread.close())

let bundle: HostileBundle
beforeEach(() => {
  bundle = new HostileBundle()
})

function expectRejected({ code, out, err }: CliResult, reason: string | RegExp): void {
  expect([code, out]).toEqual([1, ''])
  expect(err.endsWith('\n') ? err.split('\n').length : err).toBe(2)
  const said = err.trimEnd().replace(`Cannot reduce ${bundle.directory}: `, '')
  if (typeof reason === 'string') expect(said).toBe(reason)
  else expect(said).toMatch(reason)
  expect(said).not.toContain('canary')
}

test.each(rejected)('codecell trace rejects a bundle with %s', async (_, damage, reason) => {
  damage(bundle)
  const before = readdirSync(bundle.directory).toSorted()
  expectRejected(await thread.run(['trace', 'reduce', bundle.directory]), reason)
  expect(readdirSync(bundle.directory).toSorted()).toEqual(before)
  expectPageOrReason(await thread.run(['trace', 'view', bundle.directory, '--output', '-']))
})

const complete: CliResult = {
  code: 0,
  out: 'reduces: status completed, cells: 1, tool calls: 2, conversation items: 4, payloads: 9\ncomplete\n',
  err: '',
}

test.each(read)('codecell trace reads a bundle with %s', async (_, change) => {
  change(bundle)
  expect(await thread.run(['trace', 'check', bundle.directory, '--no-replay'])).toEqual(complete)
  expect(readFileSync(bundle.secret, 'utf8')).toBe('{"canary":true}\n')
})

test('codecell trace rejects a bundle with more values than the heap of its process can hold', async () => {
  bundle.write('payloads/1.json', `{"input":[${'{},'.repeat(1e7)}{}]}`)
  const small = (verb: string, ...flags: readonly string[]): Promise<CliResult> =>
    runCli(['trace', verb, bundle.directory, ...flags], { nodeFlags: ['--max-old-space-size=400'] })
  const [reduced, page] = await Promise.all([small('reduce'), small('view', '--output', '-')])
  expectRejected(reduced, 'payload raw_payload:1 has more than 4194304 values')
  expectPageOrReason(page)
})

test('a log of 1 GiB without a line end is rejected in a part of its size', () => {
  bundle.grow('trace.jsonl', 2 ** 30)
  const before = process.memoryUsage().rss
  expect(errorFrom(() => [...openTraceBundle(bundle.directory).events()])).toMatchObject({ code: 'TRACE_UNREADABLE' })
  expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 29)
})

describe('codecell trace and the terminal', () => {
  test('codecell trace check prints a hostile id truncated and without control characters', async () => {
    const id = `\u001b]0;owned\u0007\r\n${'x'.repeat(2e6)}`
    const payload = { type: 'thread_ended', thread_id: id, status: 'completed' }
    const [first = '{}'] = bundle.lines()
    const event: unknown = JSON.parse(first)
    bundle.writeLines([first, JSON.stringify({ ...Object(event), seq: 2, payload })])
    const { code, out, err } = await runInProcess(['trace', 'check', bundle.directory])
    expect([code, out]).toEqual([1, ''])
    expect(err).toMatch(
      /^Cannot check .*: trace event referenced unknown thread \\u\{1b\}\]0;owned\\u\{7\}\\u\{d\}\\u\{a\}x{100,}…\n$/,
    )
    expect(err.length).toBeLessThan(3000)
  })

  test.each([[[]], [['--full']]])('codecell trace show %j prints no control character of a bundle', async (flags) => {
    const spell = '\u001b]0;owned\u0007\u202e'
    const written = JSON.stringify(spell).slice(1, -1)
    for (const file of ['trace.jsonl', ...readdirSync(bundle.path('payloads')).map((name) => `payloads/${name}`)]) {
      const text = readFileSync(bundle.path(file), 'utf8')
      const changed = text.replaceAll(/"(source_js|input|text|output|label|arguments|name)": ?"/g, `$&${written}`)
      writeFileSync(bundle.path(file), changed)
    }
    const { out, err } = await runInProcess(['trace', 'show', bundle.directory, '--no-color', ...flags])
    expect(err).toBe('')
    expect(out).toContain('owned')
    expect(out.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  })
})
