import { missingEngineReason, type EnginePrint } from '../../../src/protocol/engine-print.ts'
import type { FromHost } from '../../../src/protocol/message.ts'
import type { Transport, TransportEnd } from '../../../src/protocol/transport.ts'
import { LocalHostPool, type HostPoolInit } from '../../../src/session/hosts/host-pool.ts'
import { startTestHost } from '../../support/engine.ts'

const crashed: TransportEnd = { type: 'lost', reason: 'it crashed', detail: '', cause: 139 }

/** Real hosts in this process that report chosen versions of their engine. */
export class LabelledHosts implements AsyncDisposable {
  readonly pool: LocalHostPool
  /** The version of hosts for new cells. */
  version: string
  /** The versions that cells can ask for. */
  readonly offered: Set<string>
  /** The versions of all hosts, in the order of their starts. */
  readonly started: string[] = []
  readonly #running = new Map<Transport, { readonly version: string; readonly end: (how: TransportEnd) => void }>()

  constructor(version: string, offered: readonly string[], init: Partial<HostPoolInit> = {}) {
    this.version = version
    this.offered = new Set(offered)
    const place = (engine: EnginePrint | null): Transport => this.#start(engine)
    this.pool = new LocalHostPool({ place, engines: 'remote', min: 1, max: 1, warmIsolates: 0, memoryMb: 64, ...init })
  }

  /** The versions of running hosts. */
  get running(): readonly string[] {
    return [...this.#running.values()].map(({ version }) => version).toSorted()
  }

  /** Ends the hosts of a version in the same way as a crash. */
  crash(version: string): void {
    this.#end(version, crashed)
  }

  /** Breaks the links to the hosts of a version, which is the fault of no cell. */
  cut(version: string): void {
    this.#end(version, { type: 'unreachable', reason: 'its link broke' })
  }

  #end(version: string, how: TransportEnd): void {
    for (const host of this.#running.values()) if (host.version === version) host.end(how)
  }

  #start(engine: EnginePrint | null): Transport {
    const version = engine?.version ?? this.version
    if (engine !== null && !this.offered.has(version)) throw new Error(missingEngineReason(engine))
    this.started.push(version)
    const host = startTestHost()
    const { promise: ended, resolve } = Promise.withResolvers<TransportEnd>()
    void host.ended.then(resolve)
    let isOver = false
    const end = (how: TransportEnd): void => {
      isOver = true
      this.#running.delete(transport)
      resolve(how)
      void host[Symbol.asyncDispose]()
    }
    const transport: Transport = {
      ...host,
      ended,
      send: (message) => {
        if (!isOver) host.send(message)
      },
      listen: (onMessages) => host.listen((messages) => onMessages(messages.map((each) => labelled(each, version)))),
      kill: () => end(crashed),
      [Symbol.asyncDispose]: async () => end({ type: 'closed' }),
    }
    this.#running.set(transport, { version, end })
    return transport
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool[Symbol.asyncDispose]()
  }
}

function labelled(message: FromHost, version: string): FromHost {
  if (message.type !== 'ready' || message.engine === null) return message
  return { ...message, engine: { ...message.engine, version } }
}
