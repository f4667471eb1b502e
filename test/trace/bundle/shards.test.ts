import { rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { openTraceBundle } from '../../../src/trace.ts'
import { errorFrom } from '../reducer/error-from.ts'
import { record, ShardBundle } from './shard-bundle.ts'

const user = { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'go' }] }
const asked = (): ShardBundle => new ShardBundle().request('i1', [user])

describe('openTraceBundle() and the shards of a bundle', () => {
  test('a payload is read from its record', () => {
    expect(asked().reduce().conversation_items['conversation_item:1']?.body.parts).toEqual([
      { type: 'text', text: 'go' },
    ])
  })

  test('the parts of a payload stand between its fragments', () => {
    const bundle = new ShardBundle()
    const inner = bundle.payload('content_value', '"x"')
    const item = bundle.payload('model_item', '["{\\"text\\":","}"]', [inner])
    const whole = bundle.payload('prepared_prompt', '["{\\"input\\":[",",1]}"]', [item])
    const { payloads, payloadSize } = openTraceBundle(bundle.write())
    expect(payloads.read(whole)).toEqual({ input: [{ text: 'x' }, 1] })
    expect(payloadSize(whole)).toBeGreaterThan(payloadSize(item))
  })

  test('a shard of several frames, in any order, with a skippable frame, is read', () => {
    const bundle = asked()
    const frames = bundle.records.toReversed().map((each) => zstdCompressSync(each))
    const skippable = Buffer.from('502a4d1804000000deadbeef', 'hex')
    expect(bundle.reduce(Buffer.concat([skippable, ...frames])).inference_calls).toHaveProperty('i1')
  })

  test('a large shard is read forward and back', () => {
    const bundle = new ShardBundle()
    const references = Array.from({ length: 40 }, (_, index) =>
      bundle.payload('tool_result', [index, 'x'.repeat(2 ** 17)]),
    )
    const { payloads } = openTraceBundle(bundle.write())
    for (const reference of [...references, ...references.toReversed().slice(0, 3)]) {
      expect(payloads.has(reference)).toBe(true)
      expect(payloads.read(reference)).toHaveProperty('0', references.indexOf(reference))
    }
  })

  test('a shard that a crash cut has the records up to the cut', () => {
    const bundle = asked()
    const more = zstdCompressSync(record('raw_payload:99', '{}'))
    const whole = zstdCompressSync(Buffer.concat(bundle.records))
    for (let cut = 1; cut < more.length; cut++) {
      expect(bundle.reduce(Buffer.concat([whole, more.subarray(0, cut)])).recording_status).toBe('unclosed')
    }
  })

  test.each<[string, (bundle: ShardBundle) => Buffer, string]>([
    ['missing footer in payload shard 1', (bundle) => closedWithCut(bundle), 'TRACE_INVALID'],
    [
      'duplicate payload raw_payload:1 in shard 1',
      (bundle) => shardOf(bundle, record('raw_payload:1', '1')),
      'TRACE_INVALID',
    ],
    [
      'duplicate payload x in shard 1',
      (bundle) => shardOf(bundle, record('x', '1'), record('x', '1')),
      'TRACE_INVALID',
    ],
    ['partial record in sealed shard 1', (bundle) => shardOf(bundle, Buffer.from([1])), 'TRACE_INVALID'],
    ['partial record in sealed shard 1', (bundle) => shardOf(bundle, Buffer.alloc(12, 255)), 'TRACE_INVALID'],
    ['missing payload raw_payload:1 in shard 1', () => zstdCompressSync(Buffer.alloc(0)), 'TRACE_INVALID'],
    ['missing payload raw_payload:1 in shard 1', () => Buffer.alloc(0), 'TRACE_INVALID'],
    ['Cannot read "payloads/000001.zst": Unknown frame descriptor', () => Buffer.from('garbage!'), 'TRACE_UNREADABLE'],
  ])('a damaged shard is rejected with the error: %s', (message, shard, code) => {
    const bundle = asked()
    expect(errorFrom(() => bundle.reduce(shard(bundle)))).toEqual({ code, message })
  })

  test.each(['missing', 'a link that leads out'])('a shard that is %s is not read', (what) => {
    const bundle = asked()
    const file = join(bundle.write(), 'payloads', '000001.zst')
    rmSync(file)
    if (what !== 'missing') symlinkSync('/etc/passwd', file)
    const { payloads } = openTraceBundle(bundle.directory)
    const reference = { raw_payload_id: 'raw_payload:1', kind: { type: 'x' }, shard: 1 }
    expect(errorFrom(() => payloads.has(reference))).toMatchObject({ code: 'TRACE_UNREADABLE' })
  })

  test('a record that decompresses to gigabytes takes no memory', () => {
    const bundle = asked()
    const zeros = zstdCompressSync(Buffer.alloc(2 ** 26))
    const head = Buffer.alloc(10)
    head.writeUInt16LE(1, 0)
    head.writeBigUInt64LE(BigInt(2 ** 31), 2)
    const bomb = [zstdCompressSync(Buffer.concat([head, Buffer.from('b')])), ...Array.from({ length: 32 }, () => zeros)]
    writeFileSync(join(bundle.write(Buffer.concat(bomb)), 'unused'), '')
    const reference = { raw_payload_id: 'b', kind: { type: 'x' }, shard: 1 }
    const { payloads } = openTraceBundle(bundle.directory)
    const before = process.memoryUsage.rss()
    expect(payloads.has(reference)).toBe(true)
    expect(errorFrom(() => payloads.read(reference))).toMatchObject({ code: 'TRACE_UNREADABLE' })
    expect(process.memoryUsage.rss() - before).toBeLessThan(2 ** 27)
  })

  test('the fragments of a payload must surround its parts', () => {
    const bundle = new ShardBundle()
    const part = bundle.payload('model_item', '1')
    const whole = bundle.payload('prepared_prompt', '["a"]', [part])
    const { payloads } = openTraceBundle(bundle.write())
    expect(errorFrom(() => payloads.read(whole))).toEqual({
      code: 'TRACE_INVALID',
      message: 'invalid payload fragment count',
    })
  })
})

function shardOf(bundle: ShardBundle, ...more: readonly Buffer[]): Buffer {
  return zstdCompressSync(Buffer.concat([...bundle.records, ...more]))
}

function closedWithCut(bundle: ShardBundle): Buffer {
  bundle.add({ type: 'recording_completed' })
  return Buffer.concat([shardOf(bundle), zstdCompressSync(record('raw_payload:99', '{}')).subarray(0, -2)])
}
