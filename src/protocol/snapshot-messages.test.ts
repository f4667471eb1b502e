import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromBase64, toBase64 } from './base64.ts'
import { encodeFrames, FrameReader } from './frame.ts'
import { parseFromHost, parseToHost } from './parse-message.ts'

test('base64 has the same bytes again, as Buffer reads and writes it', () => {
  const anyBytes = fc.nat(40_000).map((length) => randomBytes(length))
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      const text = toBase64(bytes)
      expect(text).toBe(bytes.toString('base64'))
      expect(bytes.equals(fromBase64(text))).toBe(true)
    }),
  )
})

test.each(['!', 'AAAAA', 'é', '\u0000'])('malformed base64 has no bytes: %j', (text) => {
  expect(fromBase64(text)).toHaveLength(0)
})

const body = toBase64(randomBytes(20_000))

test('the messages about snapshots are the same after a frame', () => {
  const toHost = [
    { type: 'evict', cell: 3, minCpuMs: 100 },
    { type: 'restore', cell: 3, body },
  ]
  const fromHost = [
    { type: 'snapshot', cell: 3, commands: 12, body },
    { type: 'not_restored', cell: 3, body: 'Cannot read a snapshot: its delta is malformed' },
  ]
  const read = (messages: readonly object[]): unknown[] => new FrameReader().push(Buffer.concat(encodeFrames(messages)))
  expect(read(toHost).map((message) => parseToHost(message))).toEqual(toHost)
  expect(read(fromHost).flatMap((message) => parseFromHost(message))).toEqual(fromHost)
})

test.each([
  { type: 'snapshot', cell: 1, body: 'AAAA' },
  { type: 'snapshot', cell: 1, commands: -1, body: 'AAAA' },
  { type: 'snapshot', cell: '1', commands: 1, body: 'AAAA' },
  { type: 'snapshot', cell: 1, commands: 1, body: [1] },
  { type: 'not_restored', cell: 1 },
  { type: 'not_restored', body: 'x' },
])('a malformed message of a host is refused: %j', (message) => {
  expect(() => parseFromHost(message)).toThrow(expect.objectContaining({ code: 'PROTOCOL_VIOLATION' }))
})
