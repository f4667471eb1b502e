import { afterEach, beforeEach, expect, test, vi, type Mock } from 'vitest'
import type { EnginePrint } from '../../protocol/engine-print.ts'
import { protocolVersion, type FromHost, type ToHost } from '../../protocol/message.ts'
import type { Transport, TransportEnd } from '../../protocol/transport.ts'
import type { HostedCell, HostLoss } from './hosted-cell.ts'
import { Host } from './host.ts'

const toFake = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'] as const

beforeEach(() => void vi.useFakeTimers({ toFake: [...toFake] }))
afterEach(() => void vi.useRealTimers())

/** A host process that starts, and sends a message only when a test calls `emit`. */
class SilentTransport implements Transport {
  readonly isLink: boolean
  unsentBytes = 0
  sentBytes = 0
  readonly drained = (): Promise<void> => this.#drained.promise
  readonly #drained = Promise.withResolvers<void>()
  readonly sent: ToHost[] = []
  readonly #end = Promise.withResolvers<TransportEnd>()
  readonly ended: Promise<TransportEnd> = this.#end.promise
  readonly residentBytes = (): null => null
  emit: (...messages: FromHost[]) => void = () => undefined
  readonly #leaving = Promise.withResolvers<void>()
  readonly leaving: Promise<void> = this.#leaving.promise
  readonly leave = (): void => this.#leaving.resolve()

  constructor(isLink: boolean) {
    this.isLink = isLink
  }

  drain(): void {
    this.unsentBytes = 0
    this.#drained.resolve()
  }

  end(end: TransportEnd): void {
    this.#end.resolve(end)
  }

  listen(onMessages: (messages: readonly FromHost[]) => void): void {
    this.emit = (...messages) => onMessages(messages)
  }

  send(message: ToHost): void {
    this.sent.push(message)
  }

  kill(): void {
    if (this.isLink) this.#end.resolve({ type: 'closed' })
    this.#end.resolve({ type: 'lost', reason: 'it was killed by SIGKILL', detail: '', cause: 'SIGKILL' })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.resolve({ type: 'closed' })
  }
}

type HostWithCell = {
  readonly host: Host
  readonly transport: SilentTransport
  readonly losses: HostLoss[]
  readonly onEvent: Mock
  readonly onChange: Mock
  readonly onLeft: Mock
  /** The cell, whose eviction releases its isolate. */
  readonly cell: { idleSince: number | null; readonly evict: Mock }
}

/** Returns a host with one busy cell, and the losses that the cell was notified of. */
async function hostWithCell(kind: 'process' | 'link' = 'process'): Promise<HostWithCell> {
  const transport = new SilentTransport(kind === 'link')
  const losses: HostLoss[] = []
  const [onGone, onChange, onLeft, onGrown, onEvent] = [vi.fn(), vi.fn(), vi.fn(), vi.fn(), vi.fn()]
  const host = new Host(transport, {
    warmIsolates: 0,
    memoryMb: 64,
    isDedicated: false,
    idleMs: null,
    onGone,
    onChange,
    onIdle: vi.fn(),
    onLeft,
    onGrown,
  })
  transport.emit({ type: 'ready', version: protocolVersion, pid: 1, engine: null })
  await host.ready
  const cell: HostWithCell['cell'] & HostedCell = {
    memoryMb: 64,
    session: null,
    isBusy: true,
    idleSince: null,
    evict: vi.fn(() => host.evict(1)),
    onEvent,
    onMessage: vi.fn(),
    onHostLost: (loss: HostLoss) => losses.push(loss),
  }
  host.attach(cell, { id: 1, body: '[]', json: '[]' })
  return { host, transport, losses, onEvent, onChange, onLeft, cell }
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

test('over a link, a host that does not respond to pings is killed after one more second for each MiB on its way', async () => {
  const { host, transport, losses } = await hostWithCell('link')
  transport.sentBytes += 2 * 1024 * 1024
  await vi.advanceTimersByTimeAsync(10_000)
  expect(host.isGone).toBe(false)
  await vi.advanceTimersByTimeAsync(1000)
  expect([host.isGone, losses]).toEqual([
    true,
    [{ role: 'suspect', crashed: true, reason: 'it stopped responding', memoryMb: null }],
  ])
})

test('a host that leaves takes no cells, evicts those that wait, and is released when it is empty', async () => {
  const { host, transport, onLeft, cell } = await hostWithCell('link')
  transport.leave()
  await host.ready
  expect([host.isLeaving, cell.evict.mock.calls.length, onLeft.mock.calls.length]).toEqual([true, 0, 0])
  cell.idleSince = 1
  transport.emit({ type: 'handled', cell: 1, count: 1 })
  expect([cell.evict.mock.calls.length, onLeft.mock.calls.length]).toEqual([1, 0])
  transport.emit({ type: 'stopped', cell: 1 })
  expect(onLeft).toHaveBeenCalledWith(host)
})

test('a pause of this process does not make a host silent', async () => {
  const { host, transport, losses } = await hostWithCell()
  await vi.advanceTimersByTimeAsync(7500)
  // The clock jumps, and the next beat comes before the messages that have arrived.
  vi.setSystemTime(Date.now() + 60_000)
  await vi.advanceTimersByTimeAsync(500)
  transport.emit({ type: 'pong', id: 1 })
  await vi.advanceTimersByTimeAsync(8000)
  expect([host.isGone, losses]).toEqual([false, []])
})

test.each(['process', 'link'] as const)('an idle host is not pinged: %s', async (kind) => {
  const { host, transport } = await hostWithCell(kind)
  transport.emit({ type: 'stopped', cell: 1 })
  const { length } = transport.sent
  await vi.advanceTimersByTimeAsync(20_000)
  expect([host.isGone, transport.sent.length]).toEqual([false, length])
})

test('a start over a link takes at most ten seconds', async () => {
  const transport = new SilentTransport(true)
  const calls = { onGone: vi.fn(), onChange: vi.fn(), onIdle: vi.fn(), onLeft: vi.fn(), onGrown: vi.fn() }
  const init = { warmIsolates: 0, memoryMb: 64, isDedicated: false, idleMs: null, ...calls }
  const host = new Host(transport, init)
  await vi.advanceTimersByTimeAsync(9999)
  expect(host.isGone).toBe(false)
  await vi.advanceTimersByTimeAsync(1)
  await expect(host.ready).rejects.toThrow('Cannot start a host: it did not start in time')
})

const engine: EnginePrint = {
  name: 'v8',
  version: '14.1',
  prelude: 'p',
  flags: '',
  icu: '78',
  tz: '2026a',
  timeZone: 'UTC',
  locale: 'en_US.UTF-8',
}

test.each([
  ['the engine', { ...engine }, 2, null],
  ['the engine, in the version before of the protocol', { ...engine }, 1, null],
  ['the engine, without its time zone data', { ...engine, tz: '' }, 2, null],
  [
    'another version',
    { ...engine, version: '14.2' },
    2,
    /^Cannot start a host: no host has the engine that .* \(v8 14\.1, \w{12}\)/,
  ],
  ['other flags', { ...engine, flags: '--jitless' }, 2, /^Cannot start a host: no host has the engine/],
  ['no known engine', null, 2, /^Cannot start a host: no host has the engine/],
  [
    'the engine in a newer protocol',
    { ...engine },
    3,
    'Cannot start a host: it has protocol version 3, expected 1 to 2',
  ],
  [
    'the engine in an older protocol',
    { ...engine },
    0,
    'Cannot start a host: it has protocol version 0, expected 1 to 2',
  ],
] as const)(
  'a host that must have an engine and has %s starts, or is killed with the reason',
  async (_what, own, version, reason) => {
    const transport = new SilentTransport(false)
    const calls = { onGone: vi.fn(), onChange: vi.fn(), onIdle: vi.fn(), onLeft: vi.fn(), onGrown: vi.fn() }
    const host = new Host(transport, {
      warmIsolates: 0,
      memoryMb: 64,
      isDedicated: false,
      idleMs: null,
      engine,
      ...calls,
    })
    transport.emit({ type: 'ready', version, pid: 1, engine: own })
    if (reason === null) await host.ready
    else await expect(host.ready).rejects.toThrow(reason)
    expect(host.isReady).toBe(reason === null)
  },
)

const ends: readonly TransportEnd[] = [
  { type: 'closed' },
  { type: 'lost', reason: 'it exited with code 1', detail: '', cause: 1 },
  { type: 'unreachable', reason: 'its link ended' },
]

test.each(ends)('nothing of a host is delivered after its end: $type', async (end) => {
  const { transport, onEvent, losses } = await hostWithCell('link')
  transport.emit({ type: 'text', cell: 1, body: 'before' })
  transport.end(end)
  await transport.ended
  transport.emit({ type: 'text', cell: 1, body: 'after' })
  expect(onEvent.mock.calls).toEqual([[{ type: 'text', body: 'before' }]])
  expect(losses.map(({ role }) => role)).toEqual([end.type === 'unreachable' ? 'bystander' : 'suspect'])
})

test('a link that the session kills for a cell has a culprit', async () => {
  const { host, losses } = await hostWithCell('link')
  const [cell = null] = host.cells
  host.kill('it reported an impossible event', cell)
  await vi.advanceTimersByTimeAsync(0)
  expect(losses).toMatchObject([{ role: 'culprit', crashed: true }])
})

test('a host is congested above 4 MiB of unsent messages, until they are sent', async () => {
  const { host, transport, onChange } = await hostWithCell()
  transport.unsentBytes = 4 * 1024 * 1024
  expect(host.isCongested()).toBe(false)
  transport.unsentBytes++
  expect(host.isCongested()).toBe(true)
  const drained = host.drained()
  onChange.mockClear()
  transport.drain()
  await drained
  expect(host.isCongested()).toBe(false)
  expect(onChange).toHaveBeenCalledOnce()
})
