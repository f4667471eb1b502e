import { startInProcessHost } from '../../../src/host/in-process.ts'
import type { FromHost, ToHost } from '../../../src/protocol/message.ts'
import type { Transport, TransportEnd } from '../../../src/protocol/transport.ts'
import { LocalHostPool, type HostPoolInit } from '../../../src/session/hosts/host-pool.ts'

/** Reasons for which the start of a host fails. */
export const startFaults = [
  'it cannot be created',
  'it cannot be spawned',
  'it exits at start',
  'it does not respond',
  'it has another protocol version',
] as const

export type StartFault = (typeof startFaults)[number]

/** The reason that a user sees for each fault. */
export const startReasons: Readonly<Record<StartFault, string>> = {
  'it cannot be created': 'no program of a host is there',
  'it cannot be spawned': 'there is no room for another process',
  'it exits at start': 'it exited with code 1',
  'it does not respond': 'it did not start in time',
  'it has another protocol version': 'it has protocol version 3, expected 1 to 2',
}

/** Real hosts in this process whose starts can fail, with V8: they start well within the time that a start may take. */
export class UnreliableHosts implements AsyncDisposable {
  readonly pool: LocalHostPool
  /** The fault of later starts, or null when they succeed. */
  fault: StartFault | null = null
  /** The number of all starts, and of those that failed. */
  starts = 0
  failures = 0
  readonly #running = new Set<UnreliableTransport>()

  constructor(init: Partial<HostPoolInit> = {}) {
    const place = (): Transport => this.#start()
    const fixed = { engine: 'v8', min: 1, max: 1, warmIsolates: 0, memoryMb: 64, startMs: 200 } as const
    this.pool = new LocalHostPool({ place, ...fixed, ...init })
  }

  /** The number of hosts that are starting or running. */
  get running(): number {
    return this.#running.size
  }

  /** Ends all hosts in the same way as SIGKILL. */
  kill(): void {
    for (const host of this.#running) {
      this.#running.delete(host)
      host.lose('it was killed by SIGKILL', 'SIGKILL')
    }
  }

  #start(): Transport {
    this.starts++
    const { fault } = this
    if (fault !== null) this.failures++
    if (fault === 'it cannot be created') throw new Error(startReasons[fault])
    const host = new UnreliableTransport(fault)
    this.#running.add(host)
    void host.ended.then(() => this.#running.delete(host))
    return host
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool[Symbol.asyncDispose]()
  }
}

class UnreliableTransport implements Transport {
  readonly isLink = false
  readonly unsentBytes = 0
  readonly sentBytes = 0
  readonly drained = (): Promise<void> => Promise.resolve()
  readonly ended: Promise<TransportEnd>
  readonly #host: Transport = startInProcessHost()
  readonly #fault: StartFault | null
  readonly #end: (end: TransportEnd) => void
  #isOver = false

  constructor(fault: StartFault | null) {
    this.#fault = fault
    const { promise, resolve } = Promise.withResolvers<TransportEnd>()
    this.ended = promise
    this.#end = resolve
    if (fault === 'it cannot be spawned') queueMicrotask(() => this.lose(startReasons[fault], new Error('EAGAIN')))
    if (fault === 'it exits at start') setImmediate(() => this.lose(startReasons[fault], 1))
  }

  send(message: ToHost): void {
    if (!this.#isOver) this.#host.send(message)
  }

  listen(onMessages: (messages: readonly FromHost[]) => void): void {
    this.#host.listen((messages) => {
      if (this.#isOver) return
      const delivered = messages.flatMap((message) => this.#translate(message))
      if (delivered.length > 0) onMessages(delivered)
    })
  }

  #translate(message: FromHost): readonly FromHost[] {
    if (message.type !== 'ready' || this.#fault === null) return [message]
    return this.#fault === 'it has another protocol version' ? [{ ...message, version: message.version + 1 }] : []
  }

  kill(): void {
    this.lose('it was killed by SIGKILL', 'SIGKILL')
  }

  lose(reason: string, cause: unknown): void {
    this.#endWith({ type: 'lost', reason, detail: '', cause })
  }

  residentBytes(): number | null {
    return null
  }

  #endWith(end: TransportEnd): void {
    this.#isOver = true
    void this.#host[Symbol.asyncDispose]()
    this.#end(end)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#endWith({ type: 'closed' })
  }
}
