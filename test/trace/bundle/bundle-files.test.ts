import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { openTraceBundle, reduceTrace } from '../../../src/trace.ts'
import type { TraceState } from '../../../src/trace-format.ts'
import { runInProcess } from '../../support/in-process-cli.ts'
import { errorFrom } from '../reducer/error-from.ts'
import { HostileBundle } from './hostile-bundle.ts'

let bundle: HostileBundle
beforeEach(() => {
  bundle = new HostileBundle()
})

function reduce(): TraceState {
  const { manifest, events, payloads } = openTraceBundle(bundle.directory)
  return reduceTrace(manifest, events(), payloads)
}

describe('a bundle on disk', () => {
  test('a bundle reduces to the state in its folder', () => {
    const state: unknown = JSON.parse(readFileSync(bundle.path('state.json'), 'utf8'))
    expect(JSON.parse(JSON.stringify(reduce()))).toEqual(state)
  })

  test.each([
    ['../outside.json', 'the path is not inside the bundle'],
    ['/etc/passwd', 'the path is not inside the bundle'],
    ['payloads/../../outside.json', 'the path is not inside the bundle'],
    ['payloads\\1.json', 'the path is not inside the bundle'],
    ['', 'the path is not inside the bundle'],
    ['payloads', 'it is not a regular file'],
  ])('a bundle rejects a payload at %j', (path, reason) => {
    writeFileSync(join(bundle.folder, 'outside.json'), '{}')
    bundle.replace('trace.jsonl', '"path":"payloads/1.json"', `"path":${JSON.stringify(path)}`)
    expect(errorFrom(reduce)).toEqual({
      code: 'TRACE_UNREADABLE',
      message: `Cannot read ${JSON.stringify(path)}: ${reason}`,
    })
  })

  test('a bundle rejects a payload that is a link to a file outside', () => {
    const secret = join(bundle.folder, 'secret.json')
    writeFileSync(secret, '{"input":[]}')
    bundle.link('payloads/1.json', secret)
    expect(errorFrom(reduce)).toEqual({
      code: 'TRACE_UNREADABLE',
      message: 'Cannot read "payloads/1.json": the link leads out of the bundle',
    })
  })

  test.skipIf(process.platform === 'win32')('a bundle rejects a log that is a pipe', () => {
    bundle.pipe('trace.jsonl')
    expect(errorFrom(reduce)).toEqual({
      code: 'TRACE_UNREADABLE',
      message: 'Cannot read "trace.jsonl": it is not a regular file',
    })
  })

  test('a bundle rejects a payload that is nested too deeply', () => {
    const input = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    bundle.write('payloads/1.json', `{"input":[{"type":"message","role":"user","content":[${input}]}]}`)
    expect(errorFrom(reduce)).toEqual({
      code: 'TRACE_INVALID',
      message: 'payload raw_payload:1 is nested deeper than 500',
    })
  })

  test('a bundle needs every payload that its log names', () => {
    rmSync(bundle.path('payloads/1.json'))
    expect(errorFrom(reduce)).toEqual({ code: 'TRACE_INVALID', message: 'open payload raw_payload:1' })
  })

  test('a bundle can end in the middle of a line', () => {
    bundle.append('trace.jsonl', '{"schema_version":2,"seq":')
    expect(reduce().recording_complete).toBe(true)
  })

  test('a bundle rejects a broken line that has an end', () => {
    bundle.append('trace.jsonl', '{"schema_version":2,"seq":\n')
    expect(errorFrom(reduce)).toEqual({
      code: 'TRACE_INVALID',
      message: `parse trace event line ${bundle.lines().length}`,
    })
  })

  test('a bundle can have blank lines', () => {
    const whole = JSON.stringify(reduce())
    bundle.write('trace.jsonl', readFileSync(bundle.log, 'utf8').replaceAll('\n', '\n\n  \n'))
    expect(JSON.stringify(reduce())).toBe(whole)
  })

  test('a bundle rejects a manifest that is not an object', () => {
    bundle.write('manifest.json', '[]')
    expect(errorFrom(reduce)).toEqual({ code: 'TRACE_INVALID', message: 'the manifest is not an object' })
  })
})

describe('codecell trace reduce and check', () => {
  const run = (...args: readonly string[]): ReturnType<typeof runInProcess> => runInProcess(['trace', ...args])

  test('codecell trace reduce writes the state into the bundle, and replaces a link there', async () => {
    const victim = join(bundle.folder, 'victim')
    writeFileSync(victim, 'kept')
    const target = bundle.path('state.json')
    rmSync(target)
    symlinkSync(victim, target)
    expect(await run('reduce', bundle.directory)).toEqual({ code: 0, out: `${target}\n`, err: '' })
    expect(readFileSync(target, 'utf8')).toBe(`${JSON.stringify(reduce(), null, 2)}\n`)
    expect(readFileSync(victim, 'utf8')).toBe('kept')
  })

  test('codecell trace reduce --output writes the state to a file or to standard output', async () => {
    const output = join(bundle.folder, 'elsewhere.json')
    const text = `${JSON.stringify(reduce(), null, 2)}\n`
    rmSync(bundle.path('state.json'))
    const written = await run('reduce', bundle.directory, '--output', output)
    expect(written).toEqual({ code: 0, out: `${output}\n`, err: '' })
    expect(readFileSync(output, 'utf8')).toBe(text)
    expect(await run('reduce', bundle.directory, '-o', '-')).toEqual({ code: 0, out: text, err: '' })
    expect(() => readFileSync(bundle.path('state.json'))).toThrow('ENOENT')
  })

  test('codecell trace reduce writes nothing when the bundle does not reduce', async () => {
    mkdirSync(join(bundle.folder, 'out'))
    const output = join(bundle.folder, 'out/state.json')
    rmSync(bundle.path('payloads/1.json'))
    expect(await run('reduce', bundle.directory, '--output', output)).toEqual({
      code: 1,
      out: '',
      err: `Cannot reduce ${bundle.directory}: open payload raw_payload:1\n`,
    })
    expect(() => readFileSync(output)).toThrow('ENOENT')
  })

  test('codecell trace check tells a complete bundle from a truncated one', async () => {
    const reduces = 'reduces: status completed, cells: 1, tool calls: 2, conversation items: 4, payloads: 9\n'
    const nothing = 'nothing to replay: no cell records\n'
    expect(await run('check', bundle.directory)).toEqual({ code: 0, out: `${reduces}complete\n${nothing}`, err: '' })
    bundle.writeLines(bundle.lines().slice(0, -1))
    expect(await run('check', bundle.directory)).toEqual({
      code: 1,
      out: `${reduces}truncated: the recorder did not finish the bundle\n${nothing}`,
      err: '',
    })
  })

  test.each([[['reduce']], [['check', 'a', 'b']]])('codecell trace %j is a usage error', async (args) => {
    expect(await run(...args)).toMatchObject({ code: 2, out: '' })
  })
})
