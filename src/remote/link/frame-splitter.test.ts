import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeFrames, encodeLinkFrame, FrameReader } from '../../protocol/frame.ts'
import { FrameSplitter } from './frame-splitter.ts'

const frame = fc.oneof(
  fc.string().map((text) => ({ isLink: true, bytes: encodeLinkFrame({ text }) })),
  fc
    .array(fc.record({ body: fc.string({ maxLength: 20 }) }), { minLength: 1, maxLength: 3 })
    .map((messages) => ({ isLink: false, bytes: Buffer.concat(encodeFrames(messages)) })),
  fc.constant({ isLink: false, bytes: Buffer.concat(encodeFrames([{ body: 'x'.repeat(9000) }])) }),
)

/** Cuts a stream at random positions. */
function cutAt(stream: Buffer, cuts: readonly number[]): Buffer[] {
  const ends = cuts.map((cut) => cut % (stream.length + 1)).toSorted((a, b) => a - b)
  return [0, ...ends].map((from, index) => stream.subarray(from, ends[index] ?? stream.length))
}

test('a stream in any chunks is split into the bytes of host frames and link messages, which fit after each end of a frame', () => {
  fc.assert(
    fc.property(fc.array(frame), fc.array(fc.nat()), (frames, cuts) => {
      const splitter = new FrameSplitter({ acceptsLinkFrames: true })
      const stream = Buffer.concat(frames.map(({ bytes }) => bytes))
      const parts = cutAt(stream, cuts).flatMap((chunk) => splitter.push(chunk))
      const bytes = parts.map((part) => (part.type === 'bytes' ? part.bytes : Buffer.alloc(0)))
      expect(Buffer.concat(bytes)).toEqual(Buffer.concat(frames.filter(({ isLink }) => !isLink).map((f) => f.bytes)))
      const messages = parts.flatMap((part) => (part.type === 'link' ? [part.json] : []))
      expect(messages).toEqual(frames.filter(({ isLink }) => isLink).map((f) => f.bytes.toString('utf8', 5)))
      const reader = new FrameReader()
      for (const part of parts) {
        if (part.type !== 'bytes') continue
        reader.push(part.bytes)
        expect(part.endsFrame).toBe(reader.atBoundary)
      }
    }),
  )
})

function header(length: number, kind: number): Buffer {
  const bytes = Buffer.alloc(5)
  bytes.writeUInt32LE(length, 0)
  bytes.writeUInt8(kind, 4)
  return bytes
}

test.each([
  [header(0, 0), 'a frame of 0 bytes'],
  [header(256 * 1024 * 1024 + 1, 0), 'a frame of 268435457 bytes'],
  [header(4, 3), 'unknown frame kind 3'],
  [header(4, 255), 'unknown frame kind 255'],
  [header(64 * 1024 + 1, 2), 'a link message of 65537 bytes'],
])('the header %j is refused: %s', (bytes, reason) => {
  const splitter = new FrameSplitter({ acceptsLinkFrames: true })
  expect(() => splitter.push(bytes)).toThrow(`Cannot read a message: ${reason}`)
})

test('a host cannot send link messages', () => {
  const splitter = new FrameSplitter({ acceptsLinkFrames: false })
  expect(() => splitter.push(encodeLinkFrame({ type: 'leaving', in: 0 }))).toThrow('unknown frame kind 2')
})
