import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  createTraceWriter,
  openTraceBundle,
  reduceTrace,
  type TraceSchema,
  type TraceWriter,
} from '../../../src/trace.ts'
import { isRecordingClosed, type PayloadReference, type TraceState } from '../../../src/trace-format.ts'
import { isRecord } from '../../../src/protocol/json.ts'
import { newFolder } from '../../support/folder.ts'
import { traceId, writeSample } from '../view/write-sample.ts'

function reduce(bundle: string): TraceState {
  const { manifest, events, payloads } = openTraceBundle(bundle)
  return reduceTrace(manifest, events(), payloads)
}

const nowhere = { threadId: null, turnId: null }

describe('a writer of one schema', () => {
  test('a writer writes schema 3 by default', () => {
    const writer = createTraceWriter({ root: newFolder(), rootThreadId: 'T1' })
    writer.complete()
    expect(openTraceBundle(writer.directory ?? '').manifest.schema_version).toBe(3)
  })

  test.each([[1], [4], ['3'], [null], [{}]])('a writer rejects the schema %j', (schema) => {
    const start = (): unknown =>
      Reflect.apply(createTraceWriter, null, [{ root: newFolder(), rootThreadId: 'T1', schema }])
    expect(start).toThrow(/as option "schema" of createTraceWriter: expected 2 or 3/)
  })

  test('a writer of schema 2 writes what both schemas have', () => {
    const writer = createTraceWriter({ root: newFolder(), rootThreadId: 'T1', schema: 2 })
    const payload = writer.writePayload('prepared_prompt', {})
    if (payload === null) throw new Error('nothing was written')
    const ids = { thread_id: 'T1', codex_turn_id: 'U1' }
    const started = {
      type: 'inference_started',
      inference_call_id: 'i1',
      ...ids,
      model: 'm',
      provider_name: 'p',
    } as const
    writer.append(nowhere, { ...started, request_payload: payload, prepared_prompt_payload: payload })
    writer.append(nowhere, { type: 'code_cell_wait_target_resolved', tool_call_id: 'c', runtime_cell_id: '1' })
    writer.append(nowhere, { type: 'history_item_accepted', item_id: 'o', tool_output_payload: payload })
    const text = readFileSync(join(writer.directory ?? '', 'trace.jsonl'), 'utf8')
    expect(text).not.toMatch(/prepared_prompt_payload|wait_target|tool_output_payload/)
    expect(text.split('\n')).toHaveLength(3)
  })

  test('a writer of schema 3 adds the prepared prompt of a request', () => {
    const writer = createTraceWriter({ root: newFolder(), rootThreadId: 'T1' })
    writeSample(writer)
    const prompts = [...openTraceBundle(writer.directory ?? '').events()].flatMap(({ payload }) =>
      payload.type === 'inference_started' ? [payload.prepared_prompt_payload?.raw_payload_id] : [],
    )
    expect(prompts).toEqual(['raw_payload:2', 'raw_payload:2'])
  })
})

describe.each<[TraceSchema]>([[2], [3]])('createTraceWriter() of schema %i', (schema) => {
  function startWriter(root: string, warnings: string[], rootThreadId = 'T1'): TraceWriter {
    let time = 1000
    const onWarning = (text: string): void => void warnings.push(text)
    return createTraceWriter({ root, rootThreadId, traceId, schema, now: () => time++, onWarning })
  }

  test('a bundle reduces to what was written', () => {
    const warnings: string[] = []
    const root = newFolder()
    const writer = startWriter(root, warnings)
    writeSample(writer)
    expect(warnings).toEqual([])
    expect(readdirSync(root)).toEqual([`trace-${traceId}-T1`])
    const state = reduce(writer.directory ?? '')
    const carried = join(import.meta.dirname, '../../fixtures/traces/nested-call/state.json')
    const expected: unknown = JSON.parse(readFileSync(carried, 'utf8'))
    if (schema === 2) expect(JSON.parse(JSON.stringify(state))).toEqual(expected)
    expect(Object.keys(state.tool_calls)).toEqual(['call-1', 'exec-1'])
  })

  test('a bundle reduces after each write', () => {
    const root = newFolder()
    const writer = startWriter(root, [])
    const states: boolean[] = []
    const watched: TraceWriter = {
      ...writer,
      append: (scope, payload) => {
        const isWritten = writer.append(scope, payload)
        states.push(isRecordingClosed(reduce(writer.directory ?? '')))
        return isWritten
      },
    }
    writeSample(watched)
    expect(new Set(states)).toEqual(new Set([false]))
    expect(isRecordingClosed(reduce(writer.directory ?? ''))).toBe(true)
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
      const writer = createTraceWriter({ root: process.argv[1], rootThreadId: 'T1', schema: Number(process.argv[2]), onWarning: (text) => warnings.push(text) })
      const written = Array.from({ length: 40 }, () => writer.append({ threadId: null, turnId: null }, { type: 'rollout_ended', status: 'completed' }))
      console.log(JSON.stringify({ warnings, isStopped: written.at(-1) === false && written[0] === true, directory: writer.directory }))`
    const root = newFolder()
    const limited = `ulimit -f 4; exec "$0" --input-type=module -e "$1" "$2" "$3"`
    const { stdout } = spawnSync('bash', ['-c', limited, process.execPath, script, root, String(schema)], {
      encoding: 'utf8',
    })
    const report: unknown = JSON.parse(stdout)
    expect(report).toMatchObject({ isStopped: true, warnings: [expect.stringContaining('EFBIG')] })
    const directory = isRecord(report) ? String(report['directory']) : ''
    expect(isRecordingClosed(reduce(directory))).toBe(false)
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
      const state = reduce(writer.directory ?? '')
      expect([state.rollout_id, isRecordingClosed(state)]).toEqual([id, true])
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

  test('a payload of any depth is recorded', () => {
    const writer = startWriter(newFolder(), [])
    const deep: unknown = JSON.parse(`${'{"a":['.repeat(400)}1${']}'.repeat(400)}`)
    const reference = writer.writePayload('protocol_event', deep)
    if (reference === null) throw new Error('nothing was written')
    const read = JSON.stringify(openTraceBundle(writer.directory ?? '').payloads.read(reference))
    expect(read.replaceAll('\\', '').length).toBeGreaterThan(2400)
    expect(Math.max(...depthsOf(read))).toBeLessThanOrEqual(100)
  })

  test.skipIf(process.platform !== 'linux')(
    'a writer continues without the payloads that do not fit on the disk',
    () => {
      const script = `
      const { createTraceWriter } = await import(${JSON.stringify(new URL('../../../src/trace.ts', import.meta.url).href)})
      const { randomBytes } = await import('node:crypto')
      process.on('SIGXFSZ', () => undefined)
      const writer = createTraceWriter({ root: process.argv[1], rootThreadId: 'T1', schema: ${schema} })
      const scope = { threadId: null, turnId: null }
      for (const size of [100, 20000, 100]) {
        const payload = writer.writePayload('session_metadata', { text: randomBytes(size).toString('hex') })
        const thread_id = 't' + size + (payload === null ? '' : payload.raw_payload_id)
        writer.append(scope, { type: 'thread_started', thread_id, agent_path: '/root', metadata_payload: payload })
      }
      writer.complete()
      console.log(writer.directory)`
      const limited = `ulimit -f 8; exec "$0" --input-type=module -e "$1" "$2"`
      const { stdout } = spawnSync('bash', ['-c', limited, process.execPath, script, newFolder()], { encoding: 'utf8' })
      const state = reduce(stdout.trim())
      expect(Object.keys(state.threads)).toEqual(['t100raw_payload:1', 't100raw_payload:3', 't20000'])
      expect(isRecordingClosed(state)).toBe(true)
    },
  )
})

function depthsOf(json: string): readonly number[] {
  let depth = 0
  return Array.from(json.replaceAll(/"(?:[^"\\]|\\.)*"/g, ''), (letter) => {
    if (letter === '[' || letter === '{') depth++
    if (letter === ']' || letter === '}') depth--
    return depth
  })
}

test('a bundle of schema 3 reduces wherever a crash cuts its shard', () => {
  const writer = createTraceWriter({ root: newFolder(), rootThreadId: 'T1', traceId })
  const directory = writer.directory ?? ''
  const [shard, log] = [join(directory, 'payloads/000001.zst'), join(directory, 'trace.jsonl')]
  const crashes: { readonly log: Buffer; readonly shard: Buffer }[] = []
  const watched: TraceWriter = {
    ...writer,
    writePayload(kind, value): PayloadReference | null {
      const before = existsSync(shard) ? readFileSync(shard) : Buffer.alloc(0)
      const reference = writer.writePayload(kind, value)
      const after = readFileSync(shard)
      for (let size = before.length; size < after.length; size += 7) {
        crashes.push({ log: readFileSync(log), shard: after.subarray(0, size) })
      }
      return reference
    },
  }
  writeSample(watched)
  for (const crash of crashes) {
    writeFileSync(log, crash.log)
    writeFileSync(shard, crash.shard)
    expect(reduce(directory).status).toBe('running')
  }
  expect(crashes.length).toBeGreaterThan(50)
})
