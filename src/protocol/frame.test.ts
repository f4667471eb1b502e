import { expect, test } from 'vitest'
import { encodeFrames, FrameReader } from './frame.ts'

test('messages sent together arrive in order, in several frames of at most 32 MiB', () => {
  // Each of these characters takes six in JSON: 40 MB in total.
  const bodies = Array.from({ length: 750 }, (_, index) => `${index}`.padEnd(8500 + index, '\u0001'))
  const messages = bodies.map((body, id) => ({ type: 'tool_response', id, body }))
  const frames = encodeFrames(messages)
  expect(frames.length).toBeGreaterThan(1)
  expect(Math.max(...frames.map((frame) => frame.length))).toBeLessThan(32 * 1024 * 1024)
  const reader = new FrameReader()
  const arrived = frames.flatMap((frame) => reader.push(frame))
  expect(arrived).toEqual(messages)
})
