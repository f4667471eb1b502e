import { describe, expect, test } from 'vitest'
import { FrameReader } from '../../src/protocol/frame.ts'
import { parseFromHost } from '../../src/protocol/parse-message.ts'

/** Returns a frame of a kind with any content. */
const frame = (kind: number, ...parts: (string | number[])[]): Buffer => {
  const bytes = parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part)))
  const content = Buffer.concat([Buffer.from([kind]), ...bytes])
  const head = Buffer.alloc(4)
  head.writeUInt32LE(content.length)
  return Buffer.concat([head, content])
}

describe('frames from a host', () => {
  test.each([
    ['a length of zero', Buffer.from([0, 0, 0, 0]), 'FRAME_TOO_LARGE'],
    ['a length over the limit', Buffer.from([1, 0, 0, 16]), 'FRAME_TOO_LARGE'],
    ['the largest length', Buffer.from([255, 255, 255, 255]), 'FRAME_TOO_LARGE'],
    ['text without frames', Buffer.from('Error: something\n'), 'FRAME_TOO_LARGE'],
    ['an unknown kind', frame(2, '[]'), 'PROTOCOL_VIOLATION'],
    ['kind 255', frame(255), 'PROTOCOL_VIOLATION'],
    ['an empty batch frame', frame(0), 'PROTOCOL_VIOLATION'],
    ['invalid JSON', frame(0, '{'), 'PROTOCOL_VIOLATION'],
    ['JSON with trailing data', frame(0, '[] []'), 'PROTOCOL_VIOLATION'],
    ['an object instead of a list', frame(0, '{"type":"pong","id":1}'), 'PROTOCOL_VIOLATION'],
    ['a string', frame(0, '"pong"'), 'PROTOCOL_VIOLATION'],
    ['bytes that are not UTF-8', frame(0, [0xff, 0xfe, 0x5b]), 'PROTOCOL_VIOLATION'],
    ['a body frame without a length', frame(1, [1, 0]), 'PROTOCOL_VIOLATION'],
    ['a body frame whose message is longer than the frame', frame(1, [255, 255, 255, 127], '{}'), 'PROTOCOL_VIOLATION'],
    ['a body frame with a list', frame(1, [2, 0, 0, 0], '[]'), 'PROTOCOL_VIOLATION'],
    ['a body frame with null', frame(1, [4, 0, 0, 0], 'null'), 'PROTOCOL_VIOLATION'],
  ])('a frame reader rejects %s', (_name, bytes, code) => {
    expect(() => new FrameReader().push(bytes)).toThrow(expect.objectContaining({ code }))
  })

  test('a frame reader returns the same messages for any split of the bytes', () => {
    const bytes = Buffer.concat([frame(0, '[1,{"a":"é"}]'), frame(1, [2, 0, 0, 0], '{}', 'body'), frame(0, '[2]')])
    for (let size = 1; size <= bytes.length; size++) {
      const reader = new FrameReader()
      const messages: unknown[] = []
      for (let at = 0; at < bytes.length; at += size) messages.push(...reader.push(bytes.subarray(at, at + size)))
      expect(messages).toEqual([1, { a: 'é' }, { body: 'body' }, 2])
      expect(reader.atBoundary).toBe(true)
    }
  })

  test('a frame reader reports that the bytes end within a frame', () => {
    const reader = new FrameReader()
    expect(reader.push(frame(0, '[1]').subarray(0, 6))).toEqual([])
    expect(reader.atBoundary).toBe(false)
  })

  test('a frame reader accepts a large frame in tiny pieces', () => {
    const bytes = frame(0, `["${'x'.repeat(300_000)}"]`)
    const reader = new FrameReader()
    const messages: unknown[] = []
    for (let at = 0; at < bytes.length; at += 3) messages.push(...reader.push(bytes.subarray(at, at + 3)))
    expect(messages).toEqual(['x'.repeat(300_000)])
  })

  test('a message cannot set a prototype', () => {
    const [message] = new FrameReader().push(frame(1, [38, 0, 0, 0], '{"__proto__":{"type":"pong"},"body":1}', 'b'))
    expect(Object.getPrototypeOf(message)).toBe(Object.prototype)
    expect(() => parseFromHost(message)).toThrow('"type" is not a string')
  })
})

describe('messages from a host', () => {
  test.each<[value: unknown, reason: string]>([
    [null, 'a message is not an object'],
    [1, 'a message is not an object'],
    ['text', 'a message is not an object'],
    [[], 'a message is not an object'],
    [{}, '"type" is not a string'],
    [{ type: 1 }, '"type" is not a string'],
    [{ type: ['text'] }, '"type" is not a string'],
    [{ type: '' }, 'unknown message type ""'],
    [{ type: 'start', cell: 1 }, 'unknown message type "start"'],
    [{ type: 'terminate', cell: 1 }, 'unknown message type "terminate"'],
    [{ type: '__proto__' }, 'unknown message type "__proto__"'],
    [{ type: 'constructor' }, 'unknown message type "constructor"'],
    [{ type: 'x'.repeat(1000) }, `unknown message type "${'x'.repeat(40)}"`],
    [{ type: 'text' }, '"body" is not a string'],
    [{ type: 'text', cell: '1', body: '' }, '"cell" is not a number'],
    [{ type: 'text', cell: 1.5, body: '' }, '"cell" is not a non-negative integer'],
    [{ type: 'text', cell: -1, body: '' }, '"cell" is not a non-negative integer'],
    [{ type: 'text', cell: 2 ** 53, body: '' }, '"cell" is not a non-negative integer'],
    [{ type: 'text', cell: 1 }, '"body" is not a string'],
    [{ type: 'text', cell: 1, body: null }, '"body" is not a string'],
    [{ type: 'text', cell: 1, body: { toString: 1 } }, '"body" is not a string'],
    [{ type: 'texts', cell: 1 }, '"texts" is not an array'],
    [{ type: 'texts', cell: 1, texts: { length: 1 } }, '"texts" is not an array'],
    [{ type: 'texts', cell: 1, texts: ['a'], places: {} }, '"places" is not an array'],
    [{ type: 'texts', cell: 1, texts: ['a'], places: [1] }, '"places" has 1 numbers for 1 texts'],
    [
      { type: 'texts', cell: 1, texts: ['a'], places: [1, -1] },
      '"places" holds a value that is not a non-negative integer',
    ],
    [{ type: 'texts', cell: 1, texts: ['a', 1] }, '"texts" holds a value that is not a string'],
    [{ type: 'image', cell: 1, body: '' }, '"detail" is not an image detail'],
    [{ type: 'image', cell: 1, detail: 'toString', body: '' }, '"detail" is not an image detail'],
    [{ type: 'tool_call', cell: 1, tool: 'a', body: '' }, '"id" is not a number'],
    [{ type: 'tool_call', cell: 1, id: 1, tool: null, body: '' }, '"tool" is not a string'],
    [{ type: 'timer_set', cell: 1, id: 1, delay: '1', time: 0 }, '"delay" is not a number'],
    [{ type: 'timer_set', cell: 1, id: 1, delay: 1, time: null }, '"time" is not a number'],
    [{ type: 'stored', cell: 1, key: 1, body: '' }, '"key" is not a string'],
    [{ type: 'failed', cell: 1, body: '' }, '"limit" is not the name of a limit'],
    [{ type: 'failed', cell: 1, limit: 'everything', body: '' }, '"limit" is not the name of a limit'],
    [{ type: 'handled', cell: 1, count: Number.NaN }, '"count" is not a non-negative integer'],
    [{ type: 'ready', version: '1', pid: 1 }, '"version" is not a number'],
    [{ type: 'pong', id: null }, '"id" is not a number'],
  ])('the parser of messages rejects %j', (value, reason) => {
    expect(() => parseFromHost(value)).toThrow(
      expect.objectContaining({ code: 'PROTOCOL_VIOLATION', message: `Cannot read a message: ${reason}` }),
    )
  })

  test('the parser of messages keeps known fields only', () => {
    expect(parseFromHost({ type: 'text', cell: 1, body: 'a', extra: 1 })).toEqual([
      { type: 'text', cell: 1, body: 'a' },
    ])
  })
})
