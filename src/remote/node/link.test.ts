import { Socket } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { encodeFrames, encodeLinkFrame } from '../../protocol/frame.ts'
import { Link, type LinkEnd } from './link.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }))
afterEach(() => void vi.useRealTimers())

const [pong = Buffer.alloc(0)] = encodeFrames([{ type: 'pong', id: 1 }])
const alive = encodeLinkFrame({ type: 'alive', used: 1, slots: 2 })

/** Returns a watched link whose socket is not connected, and its ends. */
function watchedLink(): { readonly receive: (bytes: Buffer) => void; readonly ends: readonly LinkEnd[] } {
  const socket = new Socket()
  vi.spyOn(socket, 'write').mockReturnValue(true)
  const ends: LinkEnd[] = []
  const handlers = { onMessage: vi.fn(), onEnd: (end: LinkEnd) => void ends.push(end) }
  new Link(socket, handlers).watch(handlers)
  return { receive: (bytes) => void socket.emit('data', bytes), ends }
}

test('a link without any byte for three seconds is silent', async () => {
  const { ends } = watchedLink()
  await vi.advanceTimersByTimeAsync(2999)
  expect(ends).toEqual([])
  await vi.advanceTimersByTimeAsync(1)
  expect(ends).toEqual([{ type: 'silent' }])
})

test.each([
  ['messages of the supervisor', alive],
  ['messages of the host', pong],
  ['single bytes', pong.subarray(0, 1)],
])('a link that delivers %s is not silent', async (_, bytes) => {
  const { receive, ends } = watchedLink()
  for (let round = 0; round < 3; round++) {
    await vi.advanceTimersByTimeAsync(2500)
    receive(bytes)
  }
  expect(ends).toEqual([])
})

test('a pause of this process does not make a link silent', async () => {
  const { receive, ends } = watchedLink()
  await vi.advanceTimersByTimeAsync(1500)
  // The clock jumps, and the next beat comes before the bytes that have arrived.
  vi.setSystemTime(Date.now() + 60_000)
  await vi.advanceTimersByTimeAsync(500)
  receive(alive)
  await vi.advanceTimersByTimeAsync(2000)
  expect(ends).toEqual([])
})
