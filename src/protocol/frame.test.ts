import { expect, test } from 'vitest'
import { encodeFrames, FrameReader } from './frame.ts'

test('messages that are sent together arrive in order, however many there are, in frames of a bounded size', () => {
  const bodies = Array.from({ length: 12_000 }, (_, index) => `${index}`.padEnd(index % 9000, '\u0001'))
  const messages = bodies.map((body, id) => ({ type: 'tool_response', id, body }))
  const frames = encodeFrames(messages)
  expect(Math.max(...frames.map((frame) => frame.length))).toBeLessThan(32 * 1024 * 1024)
  const reader = new FrameReader()
  const arrived = frames.flatMap((frame) => reader.push(frame))
  expect(arrived).toEqual(messages)
})
