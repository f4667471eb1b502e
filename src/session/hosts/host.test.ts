import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { protocolVersion, type FromHost, type ToHost } from '../../protocol/message.ts'
import type { Transport, TransportEnd } from '../../protocol/transport.ts'
import type { HostLoss } from './hosted-cell.ts'
import { Host } from './host.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }))
afterEach(() => void vi.useRealTimers())

/** A host process that starts, and sends a message only when a test calls `emit`. */
class SilentTransport implements Transport {
  readonly sent: ToHost[] = []
  readonly #end = Promise.withResolvers<TransportEnd>()
  readonly ended: Promise<TransportEnd> = this.#end.promise
  readonly residentBytes = (): null => null
  emit: (...messages: FromHost[]) => void = () => undefined

  listen(onMessages: (messages: readonly FromHost[]) => void): void {
    this.emit = (...messages) => onMessages(messages)
  }

  send(message: ToHost): void {
    this.sent.push(message)
  }

  kill(): void {
    this.#end.resolve({ type: 'lost', reason: 'it was killed by SIGKILL', detail: '', cause: 'SIGKILL' })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.resolve({ type: 'closed' })
  }
}

/** Returns a host with one cell, and the losses that the cell was notified of. */
async function hostWithCell(): Promise<{
  readonly host: Host
  readonly transport: SilentTransport
  readonly losses: HostLoss[]
}> {
  const transport = new SilentTransport()
  const losses: HostLoss[] = []
  const [onGone, onChange, onGrown] = [vi.fn(), vi.fn(), vi.fn()]
  const host = new Host(transport, { warmIsolates: 0, memoryMb: 64, isDedicated: false, onGone, onChange, onGrown })
  transport.emit({ type: 'ready', version: protocolVersion, pid: 1 })
  await host.ready
  const cell = {
    memoryMb: 64,
    session: null,
    isBusy: false,
    idleSince: null,
    evict: vi.fn(),
    onEvent: vi.fn(),
    onMessage: vi.fn(),
  }
  host.attach({ ...cell, onHostLost: (loss) => losses.push(loss) }, { id: 1, body: '[]', json: '[]' })
  return { host, transport, losses }
}

test('a host that does not respond to pings for eight seconds is killed', async () => {
  const { host, losses } = await hostWithCell()
  await vi.advanceTimersByTimeAsync(8000)
  expect(host.isGone).toBe(false)
  await vi.advanceTimersByTimeAsync(1000)
  expect(host.isGone).toBe(true)
  expect(losses).toEqual([{ role: 'suspect', crashed: true, reason: 'it stopped responding', memoryMb: null }])
})

test('a host that responds to a ping after seven seconds keeps running', async () => {
  const { host, transport, losses } = await hostWithCell()
  for (let round = 0; round < 3; round++) {
    await vi.advanceTimersByTimeAsync(7000)
    transport.emit({ type: 'pong', id: 1 })
  }
  expect([host.isGone, losses]).toEqual([false, []])
  // The first ping is immediate; each second adds another.
  expect(transport.sent.filter(({ type }) => type === 'ping')).toHaveLength(22)
})
