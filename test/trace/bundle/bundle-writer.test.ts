import { spawnSync } from 'node:child_process'
import { copyFileSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createTraceWriter, openTraceBundle, reduceTrace, type TraceWriter } from '../../../src/trace.ts'
import type { TraceState } from '../../../src/trace-format.ts'
import { isRecord } from '../../../src/protocol/json.ts'
import { newFolder } from '../../support/folder.ts'
import { traceId, writeSample } from '../view/write-sample.ts'

function reduce(bundle: string): TraceState {
  const { manifest, events, payloads } = openTraceBundle(bundle)
  return reduceTrace(manifest, events(), payloads)
}

function startWriter(root: string, warnings: string[], rootThreadId = 'T1'): TraceWriter {
  let time = 1000
  return createTraceWriter({ root, rootThreadId, traceId, now: () => time++, onWarning: (text) => warnings.push(text) })
}

describe('createTraceWriter()', () => {
  test('a bundle reduces to what was written', () => {
    const warnings: string[] = []
    const root = newFolder()
    const writer = startWriter(root, warnings)
    writeSample(writer)
    expect(warnings).toEqual([])
    expect(readdirSync(root)).toEqual([`trace-${traceId}-T1`])
    const state = reduce(writer.directory ?? '')
    const carried = join(import.meta.dirname, '../../fixtures/traces/nested-call/state.json')
    expect(JSON.parse(JSON.stringify(state))).toEqual(JSON.parse(readFileSync(carried, 'utf8')))
  })

  test('a bundle reduces after each write', () => {
    const root = newFolder()
    const writer = startWriter(root, [])
    const states: boolean[] = []
    const watched: TraceWriter = {
      ...writer,
      append: (scope, payload) => {
        const isWritten = writer.append(scope, payload)
        states.push(reduce(writer.directory ?? '').recording_complete === true)
        return isWritten
      },
    }
    writeSample(watched)
    expect(new Set(states)).toEqual(new Set([false]))
    expect(reduce(writer.directory ?? '').recording_complete).toBe(true)
  })

  test('a bundle reduces wherever a crash cuts its log', () => {
    const writer = startWriter(newFolder(), [])
    writeSample(writer)
    const log = join(writer.directory ?? '', 'trace.jsonl')
    const whole = `${log}.whole`
    copyFileSync(log, whole)
    const { size } = statSync(log)
    for (let length = size - 1; length >= 0; length -= 311) {
      copyFileSync(whole, log)
      truncateSync(log, length)
      expect(reduce(writer.directory ?? '').status).toMatch(/running|completed/)
    }
  })

  test('a writer warns once when its folder is gone', () => {
    const warnings: string[] = []
    const writer = startWriter(newFolder(), warnings)
    rmSync(writer.directory ?? '', { recursive: true })
    writeSample(writer)
    expect(warnings).toEqual([expect.stringContaining('Cannot write payload 1 of the trace: ENOENT')])
  })

  test('a writer warns once when it cannot create its folder', () => {
    const file = join(newFolder(), 'file')
    writeFileSync(file, '')
    const warnings: string[] = []
    const writer = startWriter(file, warnings)
    writeSample(writer)
    expect(writer.directory).toBe(null)
    expect(warnings).toEqual([expect.stringContaining('Cannot start the trace: ')])
  })

  test.skipIf(process.platform !== 'linux')('a writer stops when the disk is full', () => {
    // A limit on the size of files simulates a full disk; the log exceeds it, the payloads do not.
    const entry = new URL('../../../src/trace.ts', import.meta.url).href
    const script = `
      const { createTraceWriter } = await import(${JSON.stringify(entry)})
      process.on('SIGXFSZ', () => undefined)
      const warnings = []
      const writer = createTraceWriter({ root: process.argv[1], rootThreadId: 'T1', onWarning: (text) => warnings.push(text) })
      const written = Array.from({ length: 40 }, () => writer.append({ threadId: null, turnId: null }, { type: 'rollout_ended', status: 'completed' }))
      console.log(JSON.stringify({ warnings, isStopped: written.at(-1) === false && written[0] === true, directory: writer.directory }))`
    const root = newFolder()
    const limited = `ulimit -f 4; exec "$0" --input-type=module -e "$1" "$2"`
    const { stdout } = spawnSync('bash', ['-c', limited, process.execPath, script, root], { encoding: 'utf8' })
    const report: unknown = JSON.parse(stdout)
    expect(report).toMatchObject({ isStopped: true, warnings: [expect.stringContaining('EFBIG')] })
    const directory = isRecord(report) ? String(report['directory']) : ''
    expect(reduce(directory).recording_complete).toBe(false)
  })

  test.each<[string, unknown]>([
    ['a cycle', Object.assign([], { 0: globalThis })],
    ['a number without JSON', 1n],
    [
      'a value that throws',
      {
        toJSON(): never {
          throw new Error('hostile')
        },
      },
    ],
  ])('a writer skips a payload that is %s', (_, value) => {
    const warnings: string[] = []
    const writer = startWriter(newFolder(), warnings)
    expect(writer.writePayload('tool_result', value)).toBe(null)
    expect(writer.append({ threadId: null, turnId: null }, { type: 'rollout_ended', status: 'completed' })).toBe(true)
    expect(warnings).toHaveLength(1)
    expect(reduce(writer.directory ?? '').status).toBe('completed')
  })

  test.each(['../../escape', '/etc', 'a\0b', '..', 'x'.repeat(5000), 'ü\n'])(
    'a writer creates its folder in its root for the id %j',
    (id) => {
      const root = newFolder()
      const writer = startWriter(root, [], id)
      writer.complete()
      expect(readdirSync(root)).toHaveLength(1)
      expect(reduce(writer.directory ?? '')).toMatchObject({ rollout_id: id, recording_complete: true })
    },
  )

  test('a writer replaces half surrogate pairs, which other parsers of JSON reject', () => {
    const half = 'a\ud800b\udc00\udc00 \\\ud801 \\ud800 \u{1f600}'
    const writer = startWriter(newFolder(), [], half)
    const scope = { threadId: half, turnId: null }
    writer.append(scope, { type: 'thread_started', thread_id: half, agent_path: half, metadata_payload: null })
    const reference = writer.writePayload('protocol_event', { [half]: half })
    if (reference === null || writer.directory === null) throw new Error('nothing was written')
    writer.append(scope, { type: 'protocol_event_observed', event_type: half, event_payload: reference })
    writer.complete()
    const { manifest, events, payloads } = openTraceBundle(writer.directory)
    const whole = 'a\ufffdb\ufffd\ufffd \\\ufffd \\ud800 \u{1f600}'
    expect([manifest.rollout_id, payloads.read(reference)]).toEqual([whole, { [whole]: whole }])
    expect([...events()].map(({ thread_id }) => thread_id)).toEqual([whole, whole, null])
    expect(Object.keys(reduce(writer.directory).threads)).toEqual([whole])
  })
})
