import { LocalHostPool } from '../../src/session/hosts/host-pool.ts'
import { protocolVersion, type FromHost, type ToHost } from '../../src/protocol/message.ts'
import type { Transport, TransportEnd } from '../../src/protocol/transport.ts'

type Start = Extract<ToHost, { readonly type: 'start' }>
type Answer = Extract<ToHost, { readonly type: 'tool_response' | 'tool_error' | 'timeout_fired' }>

/** What a host says that is not ours: at the start of a cell, and after an answer to it. */
export type Script = {
  readonly started: (start: Start, say: (...messages: FromHost[]) => void) => void
  readonly answered?: (answer: Answer, say: (...messages: FromHost[]) => void) => void
  /** False: a termination is not obeyed. */
  readonly obeys?: boolean
  /** Memory that its process occupies, in MiB. */
  readonly residentMb?: () => number
}

/** A host that does what it should: each cell prints one text and completes. */
export const honest: Script = {
  started: ({ cell }, say) => {
    say({ type: 'started', cell }, { type: 'text', cell, body: 'honest' }, { type: 'completed', cell })
    say({ type: 'handled', cell, count: 1 }, { type: 'stopped', cell })
  },
}

/** A pool whose first hosts follow one script each. Later ones are honest. */
export function scriptedPool(...scripts: Script[]): { readonly pool: LocalHostPool; readonly hosts: ScriptedHost[] } {
  const hosts: ScriptedHost[] = []
  const start = (): Transport => {
    const host = new ScriptedHost(scripts[hosts.length] ?? honest)
    hosts.push(host)
    return host
  }
  return { pool: new LocalHostPool({ start, size: 1, spares: 0, memoryMb: 64 }), hosts }
}

class ScriptedHost implements Transport {
  readonly received: ToHost[] = []
  readonly ended: Promise<TransportEnd>
  readonly #script: Script
  readonly #end: (end: TransportEnd) => void
  #listener: ((messages: readonly FromHost[]) => void) | null = null
  #isOver = false

  constructor(script: Script) {
    this.#script = script
    const { promise, resolve } = Promise.withResolvers<TransportEnd>()
    this.ended = promise
    this.#end = resolve
  }

  get isOver(): boolean {
    return this.#isOver
  }

  listen(onMessages: (messages: readonly FromHost[]) => void): void {
    this.#listener = onMessages
  }

  say(...messages: FromHost[]): void {
    if (!this.#isOver) this.#listener?.(messages)
  }

  /** Answers come in a turn of their own, as they do from a process. */
  send(message: ToHost): void {
    this.received.push(message)
    setImmediate(() => this.#receive(message))
  }

  #receive(message: ToHost): void {
    const say = (...messages: FromHost[]): void => this.say(...messages)
    switch (message.type) {
      case 'hello':
        return say({ type: 'ready', version: protocolVersion, pid: 1 })
      case 'ping':
        return say({ type: 'pong', id: message.id })
      case 'start':
        return this.#script.started(message, say)
      case 'tool_response':
      case 'tool_error':
      case 'timeout_fired':
        return this.#script.answered?.(message, say)
      case 'terminate':
        return this.#script.obeys === false ? undefined : say({ type: 'stopped', cell: message.cell })
      default:
        return
    }
  }

  kill(): void {
    this.#over({ type: 'lost', reason: 'it was killed by SIGKILL', detail: '', cause: 'SIGKILL' })
  }

  residentBytes(): number | null {
    const mb = this.#script.residentMb?.()
    return mb === undefined ? null : mb * 1024 * 1024
  }

  #over(end: TransportEnd): void {
    this.#isOver = true
    this.#end(end)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over({ type: 'closed' })
  }
}
