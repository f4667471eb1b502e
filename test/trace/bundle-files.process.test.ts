import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { openTraceBundle, reduceTrace, type TraceState } from '../../src/trace.ts'
import { errorFrom } from './error-from.ts'

const sound = fileURLToPath(new URL('../fixtures/traces/nested-call', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'codecell-bundle-'))
const bundle = join(folder, 'bundle')
const log = join(bundle, 'trace.jsonl')
afterAll(() => rmSync(folder, { recursive: true, force: true }))
beforeEach(() => {
  rmSync(bundle, { recursive: true, force: true })
  cpSync(sound, bundle, { recursive: true })
})

function reduce(): TraceState {
  const { manifest, events, payloads } = openTraceBundle(bundle)
  return reduceTrace(manifest, events(), payloads)
}

/** Makes the third event, of a payload, point at another file. */
function pointAt(path: string): void {
  const text = readFileSync(log, 'utf8')
  writeFileSync(log, text.replace('"path":"payloads/1.json"', `"path":${JSON.stringify(path)}`))
}

describe('a bundle on disk', () => {
  test('comes to the state that lies beside it', () => {
    const state: unknown = JSON.parse(readFileSync(join(sound, 'state.json'), 'utf8'))
    expect(JSON.parse(JSON.stringify(reduce()))).toEqual(state)
  })

  test.each([
    ['../outside.json', 'it is no path inside the bundle'],
    ['/etc/passwd', 'it is no path inside the bundle'],
    ['payloads/../../outside.json', 'it is no path inside the bundle'],
    ['payloads\\1.json', 'it is no path inside the bundle'],
    ['', 'it is no path inside the bundle'],
    ['payloads', 'it is no regular file'],
  ])('is refused when a payload is at %j', (path, reason) => {
    writeFileSync(join(folder, 'outside.json'), '{}')
    pointAt(path)
    expect(errorFrom(reduce)).toEqual({
      code: 'TRACE_UNREADABLE',
      message: `Cannot read ${JSON.stringify(path)}: ${reason}`,
    })
  })

  test('is not left by symbolic links', () => {
    const secret = join(folder, 'secret.json')
    writeFileSync(secret, '{"input":[]}')
    rmSync(join(bundle, 'payloads/1.json'))
    symlinkSync(secret, join(bundle, 'payloads/1.json'))
    expect(errorFrom(reduce)).toEqual({
      code: 'TRACE_UNREADABLE',
      message: 'Cannot read "payloads/1.json": it leads out of the bundle',
    })
  })

  test.skipIf(process.platform === 'win32')('does not wait for a pipe', () => {
    rmSync(log)
    expect(spawnSync('sh', ['-c', 'mkfifo "$0"', log]).status).toBe(0)
    expect(errorFrom(reduce)).toEqual({
      code: 'TRACE_UNREADABLE',
      message: 'Cannot read "trace.jsonl": it is no regular file',
    })
  })

  test('is refused when a payload is nested without end', () => {
    const input = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    writeFileSync(join(bundle, 'payloads/1.json'), `{"input":[{"type":"message","role":"user","content":[${input}]}]}`)
    expect(errorFrom(reduce)).toEqual({
      code: 'TRACE_INVALID',
      message: 'payload raw_payload:1 is nested deeper than 500',
    })
  })

  test('needs every payload that its log names', () => {
    rmSync(join(bundle, 'payloads/1.json'))
    expect(errorFrom(reduce)).toEqual({ code: 'TRACE_INVALID', message: 'open payload raw_payload:1' })
  })

  test('ends where the recorder died in the middle of a line', () => {
    appendFileSync(log, '{"schema_version":2,"seq":')
    expect(reduce().recording_complete).toBe(true)
  })

  test('is refused for a broken line that has an end', () => {
    appendFileSync(log, '{"schema_version":2,"seq":\n')
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n').length
    expect(errorFrom(reduce)).toEqual({ code: 'TRACE_INVALID', message: `parse trace event line ${lines}` })
  })

  test('may have blank lines', () => {
    const whole = JSON.stringify(reduce())
    writeFileSync(log, readFileSync(log, 'utf8').replaceAll('\n', '\n\n  \n'))
    expect(JSON.stringify(reduce())).toBe(whole)
  })

  test('has a manifest, which is one', () => {
    writeFileSync(join(bundle, 'manifest.json'), '[]')
    expect(errorFrom(reduce)).toEqual({ code: 'TRACE_INVALID', message: 'the manifest is no object' })
  })

  test('of a gigabyte is refused within bounds where a line or a payload has no end', () => {
    truncateSync(join(bundle, 'payloads/1.json'), 2 ** 30)
    expect(errorFrom(reduce)).toMatchObject({ code: 'TRACE_UNREADABLE' })
    cpSync(join(sound, 'payloads/1.json'), join(bundle, 'payloads/1.json'))
    // The file has holes in it: a gigabyte of zero bytes that takes no room, and no line end.
    truncateSync(log, 2 ** 30)
    const before = process.memoryUsage().rss
    expect(errorFrom(reduce)).toMatchObject({ code: 'TRACE_UNREADABLE' })
    expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 29)
  })
})

describe('codecell trace', () => {
  const command = fileURLToPath(new URL('../../dist/cli/bin.js', import.meta.url))
  const run = (...args: readonly string[]): unknown => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [command, 'trace', ...args], { encoding: 'utf8' })
    return { status, stdout, stderr }
  }

  test('reduce writes the state into the bundle and prints where, and does not follow a link there', () => {
    const victim = join(folder, 'victim')
    writeFileSync(victim, 'kept')
    const target = join(bundle, 'state.json')
    rmSync(target)
    symlinkSync(victim, target)
    expect(run('reduce', bundle)).toEqual({ status: 0, stdout: `${target}\n`, stderr: '' })
    expect(readFileSync(target, 'utf8')).toBe(`${JSON.stringify(reduce(), null, 2)}\n`)
    expect(readFileSync(victim, 'utf8')).toBe('kept')
  })

  test('reduce writes the state where it is told to, a pipe included', () => {
    const output = join(folder, 'elsewhere.json')
    const text = `${JSON.stringify(reduce(), null, 2)}\n`
    rmSync(join(bundle, 'state.json'))
    expect(run('reduce', bundle, '--output', output)).toEqual({ status: 0, stdout: `${output}\n`, stderr: '' })
    expect(readFileSync(output, 'utf8')).toBe(text)
    expect(run('reduce', bundle, '-o', '-')).toEqual({ status: 0, stdout: text, stderr: '' })
    expect(() => readFileSync(join(bundle, 'state.json'))).toThrow('ENOENT')
  })

  test('reduce writes nothing when the bundle does not reduce', () => {
    mkdirSync(join(folder, 'out'), { recursive: true })
    const output = join(folder, 'out/state.json')
    rmSync(join(bundle, 'payloads/1.json'))
    expect(run('reduce', bundle, '--output', output)).toEqual({
      status: 1,
      stdout: '',
      stderr: `Cannot reduce ${bundle}: open payload raw_payload:1\n`,
    })
    expect(() => readFileSync(output)).toThrow('ENOENT')
  })

  test('check tells a whole bundle from one that was cut', () => {
    const reduces = 'reduces: status completed, cells: 1, tool calls: 2, conversation items: 4, payloads: 9\n'
    const nothing = 'nothing to replay: no records of cells\n'
    expect(run('check', bundle)).toEqual({ status: 0, stdout: `${reduces}whole\n${nothing}`, stderr: '' })
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n')
    writeFileSync(log, `${lines.slice(0, -1).join('\n')}\n`)
    expect(run('check', bundle)).toEqual({
      status: 1,
      stdout: `${reduces}cut: the recorder did not say that it was done\n${nothing}`,
      stderr: '',
    })
  })

  test.each([[[]], [['tell', 'x']], [['reduce']], [['check', 'a', 'b']]])('%j is a mistake in usage', (args) => {
    expect(run(...args)).toMatchObject({ status: 2, stdout: '' })
  })
})
