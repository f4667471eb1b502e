import type { Engine } from '../../../src/host/engine/engine.ts'
import { HostRuntime } from '../../../src/host/runtime.ts'
import type { EngineName } from '../../../src/protocol/engine-name.ts'
import type { FromHost, ToHost } from '../../../src/protocol/message.ts'
import type { Transport, TransportEnd } from '../../../src/protocol/transport.ts'
import { LocalHostPool } from '../../../src/session/hosts/host-pool.ts'

export type SnapshotHostsInit = {
  /** Creates the engine of a host. */
  readonly createEngine: () => Engine
  /** @default 'quickjs' */
  readonly engine?: EngineName
  /** Changes a message of a host. */
  readonly fromHost?: (message: FromHost) => FromHost
  /** Changes a message to a host. */
  readonly toHost?: (message: ToHost) => ToHost
}

/** Hosts in this process whose engine takes snapshots, with a record of their messages. One host has one slot. */
export class SnapshotHosts implements AsyncDisposable {
  readonly pool: LocalHostPool
  readonly sent: ToHost[] = []
  readonly received: FromHost[] = []
  readonly #init: SnapshotHostsInit
  #crash: () => void = () => undefined

  constructor(init: SnapshotHostsInit) {
    this.#init = init
    this.pool = new LocalHostPool({
      place: () => this.#start(),
      engine: init.engine ?? 'quickjs',
      min: 1,
      max: 1,
      maxCells: 1,
      warmIsolates: 0,
      memoryMb: 64,
    })
  }

  /** Returns the types of messages to hosts, and then from hosts, that are among `types`. */
  typesOf(...types: readonly string[]): readonly string[] {
    return [...this.sent, ...this.received].map(({ type }) => type).filter((type) => types.includes(type))
  }

  /** Ends the host in the same way as a crash. */
  crash(): void {
    this.#crash()
  }

  #start(): Transport {
    let listener: ((messages: readonly FromHost[]) => void) | null = null
    const { promise: ended, resolve: end } = Promise.withResolvers<TransportEnd>()
    const { fromHost = same, toHost = same, createEngine } = this.#init
    const runtime = new HostRuntime(createEngine(), {
      deliver: (messages) => {
        const changed = messages.map((message) => fromHost(message))
        this.received.push(...changed)
        listener?.(changed)
      },
      drained: () => Promise.resolve(),
    })
    const stop = (how: TransportEnd): void => {
      listener = null
      runtime.dispose()
      end(how)
    }
    this.#crash = () => stop({ type: 'lost', reason: 'it crashed', detail: '', cause: 139 })
    return {
      isLink: false,
      unsentBytes: 0,
      sentBytes: 0,
      drained: () => Promise.resolve(),
      send: (message) => {
        const changed = toHost(message)
        this.sent.push(changed)
        runtime.receive([changed])
      },
      listen: (onMessages) => {
        listener = onMessages
      },
      ended,
      kill: () => this.#crash(),
      residentBytes: () => null,
      [Symbol.asyncDispose]: () => {
        stop({ type: 'closed' })
        return Promise.resolve()
      },
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool[Symbol.asyncDispose]()
  }
}

function same<Message>(message: Message): Message {
  return message
}
