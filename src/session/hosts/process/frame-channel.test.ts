import { Duplex } from 'node:stream'
import { describe, expect, test, vi } from 'vitest'
import { encodeFrames, encodeLinkFrame, FrameReader } from '../../../protocol/frame.ts'
import type { ToHost } from '../../../protocol/message.ts'
import { maxUnsentBytes } from '../../../protocol/transport.ts'
import { FrameChannel } from './frame-channel.ts'

/** A stream that accepts one part at each call of `accept`. */
class SlowStream extends Duplex {
  readonly #reader = new FrameReader({ hasLinkMessages: true })
  readonly received: unknown[] = []
  #done: (() => void) | null = null

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: unknown, done: () => void): void {
    this.received.push(...this.#reader.push(chunk), ...this.#reader.takeLinkMessages())
    this.#done = done
  }

  /** Returns whether a part was waiting. */
  async accept(): Promise<boolean> {
    const done = this.#done
    this.#done = null
    done?.()
    await new Promise((resolve) => setImmediate(resolve))
    return done !== null
  }
}

function result(id: number, length: number): ToHost {
  return { type: 'tool_response', cell: 1, time: 0, id, body: 'x'.repeat(length) }
}

test('a channel counts unsent messages at once, and delivers them in order and in parts', async () => {
  const stream = new SlowStream()
  const channel = new FrameChannel(stream, vi.fn())
  const messages = [10, 3_000_000, 20, 2_000_000, 30].map((length, id) => result(id, length))
  for (const message of messages) channel.send(message)
  expect(channel.unsentBytes).toBeGreaterThan(maxUnsentBytes)
  const onDrained = vi.fn()
  const drained = channel.drained().then(onDrained)
  const sent: number[] = []
  while (onDrained.mock.calls.length === 0 && (await stream.accept())) sent.push(channel.sentBytes)
  await drained
  expect(channel.unsentBytes).toBeLessThanOrEqual(maxUnsentBytes / 2)
  // The progress of a large message is visible.
  expect(sent.length).toBeGreaterThan(5)
  while (await stream.accept());
  expect(channel.unsentBytes).toBe(0)
  expect(stream.received).toEqual(messages)
})

test('a channel that closes delivers nothing, and ends the waits for it', async () => {
  const stream = new SlowStream()
  const channel = new FrameChannel(stream, vi.fn())
  const onMessages = vi.fn()
  channel.listen(onMessages)
  for (let id = 0; id < 8; id++) channel.send(result(id, 1_000_000))
  const drained = channel.drained()
  channel.close()
  await drained
  stream.emit('data', Buffer.from('garbage'))
  channel.send(result(9, 10))
  await channel.drained()
  expect([onMessages.mock.calls.length, channel.unsentBytes]).toEqual([0, 0])
})

test('a channel reports malformed messages', () => {
  const onBroken = vi.fn()
  const stream = new SlowStream()
  void new FrameChannel(stream, onBroken)
  stream.emit('data', Buffer.from([1, 0, 0, 0, 9]))
  expect(onBroken).toHaveBeenCalledWith(expect.stringContaining('it broke the protocol: '), expect.any(Error))
})

test('a link message is sent before the host messages that wait, and never within one', async () => {
  const stream = new SlowStream()
  const channel = new FrameChannel(stream, vi.fn(), vi.fn())
  const [first, second] = [result(1, 1_000_000), result(2, 1_000_000)]
  channel.send(first)
  channel.send(second)
  await stream.accept()
  channel.sendLinkMessage({ type: 'alive' })
  expect(stream.received).toEqual([])
  while (await stream.accept());
  expect(stream.received).toEqual([first, { type: 'alive' }, second])
})

test('a channel delivers link messages after the host messages before them, and refuses malformed ones', () => {
  const stream = new SlowStream()
  const [onBroken, order] = [vi.fn(), Array.of<unknown>()]
  const channel = new FrameChannel(stream, onBroken, (message) => {
    if (message === 'malformed') throw new Error('expected an object')
    order.push(message)
  })
  channel.listen((messages) => order.push(...messages))
  const frames = [...encodeFrames([{ type: 'pong', id: 1 }]), encodeLinkFrame({ type: 'exited' })]
  stream.push(Buffer.concat(frames))
  stream.read()
  expect(order).toEqual([{ type: 'pong', id: 1 }, { type: 'exited' }])
  stream.push(encodeLinkFrame(Object('malformed')))
  stream.read()
  expect(onBroken).toHaveBeenCalledWith('it broke the protocol: expected an object', expect.any(Error))
})

/** A stream of which some writes are complete at once, as those of a pipe with room are. */
class PipeStream extends Duplex {
  readonly #reader = new FrameReader({ hasLinkMessages: true })
  readonly received: unknown[] = []
  linkMessages = 0
  readonly #isSynchronous: (write: number) => boolean
  #writes = 0

  constructor(writableHighWaterMark: number, isSynchronous: (write: number) => boolean) {
    super({ writableHighWaterMark })
    this.#isSynchronous = isSynchronous
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: unknown, done: () => void): void {
    this.received.push(...this.#reader.push(chunk))
    this.linkMessages += this.#reader.takeLinkMessages().length
    if (this.#isSynchronous(this.#writes++)) done()
    else setImmediate(done)
  }
}

const highWaterMarks = [1, 64 * 1024, 2 ** 24]
const synchronicities = {
  always: () => true,
  never: () => false,
  'every second time': (write: number) => write % 2 === 0,
  mostly: (write: number) => write % 5 !== 0,
  seldom: (write: number) => write % 5 === 0,
}
const lengths = [
  [2 ** 20],
  [2 ** 18, 2 ** 18, 2 ** 18],
  Array.from({ length: 40 }, () => 60_000),
  Array.from({ length: 5000 }, () => 50),
  [2 ** 18 - 100, 10, 2 ** 20, 10, 2 ** 19],
  [10, 2 ** 21, 2 ** 18 - 1, 2 ** 18 + 1, 0],
]

const workloads = lengths.flatMap((some) => [false, true].map((inTurns) => ({ some, inTurns })))

describe.each(highWaterMarks)('over a stream with the high-water mark %d', (highWaterMark) => {
  test.each(Object.entries(synchronicities))(
    'a channel sends everything if writes are synchronous %s',
    async (_, isSynchronous) => {
      for (const { some, inTurns } of workloads) {
        const stream = new PipeStream(highWaterMark, isSynchronous)
        const channel = new FrameChannel(stream, vi.fn(), vi.fn())
        const messages = some.map((length, id) => result(id, length))
        for (const [index, message] of messages.entries()) {
          channel.send(message)
          if (inTurns && index % 2 === 0) await new Promise((resolve) => setImmediate(resolve))
        }
        channel.sendLinkMessage({ type: 'link_test' })
        await expect.poll(() => channel.unsentBytes, { interval: 1 }).toBe(0)
        expect([stream.received, stream.linkMessages]).toEqual([messages, 1])
      }
    },
  )
})
