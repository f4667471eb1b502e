import { startInProcessHost } from '../../../src/host/in-process.ts'
import type { EngineName } from '../../../src/protocol/engine-name.ts'
import type { EnginePrint } from '../../../src/protocol/engine-print.ts'
import type { FromHost } from '../../../src/protocol/message.ts'
import type { Transport, TransportEnd } from '../../../src/protocol/transport.ts'
import { LocalHostPool, type HostPoolInit } from '../../../src/session/hosts/host-pool.ts'

/** The versions of the engines of an installation. */
export type Versions = Readonly<Record<EngineName, string>>

/** Hosts in this process that report an engine of an installation, V8 or QuickJS, whatever runs their cells. */
export class NamedHosts implements AsyncDisposable {
  readonly pool: LocalHostPool
  /** The engines of all hosts, in the order of their starts. */
  readonly started: string[] = []
  readonly #running = new Set<() => void>()
  readonly #versions: Versions
  readonly #default: EngineName

  constructor(engine: EngineName, versions: Partial<Versions> = {}, init: Partial<HostPoolInit> = {}) {
    this.#default = engine
    this.#versions = { v8: '1', quickjs: '1', ...versions }
    const place = (print: EnginePrint | null): Transport => this.#start(print)
    const fixed = { min: 1, max: 1, warmIsolates: 0, memoryMb: 64 }
    this.pool = new LocalHostPool({ place, engine, engines: 'regions', ...fixed, ...init })
  }

  #start(print: EnginePrint | null): Transport {
    const name = print?.name === 'v8' || print?.name === 'quickjs' ? print.name : this.#default
    const engine = printOf(name, this.#versions[name])
    this.started.push(`${name} ${engine.version}`)
    const host = startInProcessHost()
    const report = (message: FromHost): FromHost => (message.type === 'ready' ? { ...message, engine } : message)
    const { promise: ended, resolve } = Promise.withResolvers<TransportEnd>()
    void host.ended.then(resolve)
    const crash = (): void => {
      this.#running.delete(crash)
      resolve({ type: 'lost', reason: 'it crashed', detail: '', cause: 139 })
      void host[Symbol.asyncDispose]()
    }
    this.#running.add(crash)
    return { ...host, ended, listen: (onMessages) => host.listen((messages) => onMessages(messages.map(report))) }
  }

  /** Ends all hosts in the same way as a crash. */
  crash(): void {
    for (const crash of this.#running) crash()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool[Symbol.asyncDispose]()
  }
}

/** Returns the print of a version of an engine. */
export function printOf(name: EngineName, version: string): EnginePrint {
  const flags = name === 'quickjs' ? 'stack=524288' : ''
  return { name, version, prelude: '0123456789abcdef', flags, icu: '', tz: '', timeZone: '', locale: '' }
}
