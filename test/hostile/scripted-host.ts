import { LocalHostPool } from '../../src/session/hosts/host-pool.ts'
import { protocolVersion, type FromHost, type ToHost } from '../../src/protocol/message.ts'
import type { Transport, TransportEnd } from '../../src/protocol/transport.ts'

type Start = Extract<ToHost, { readonly type: 'start' }>
type CellCommand = Extract<ToHost, { readonly type: 'tool_response' | 'tool_error' | 'timeout_fired' }>

/** The messages of a malicious host: after the start of a cell, and after a command for it. */
export type Script = {
  readonly onStart: (start: Start, emit: (...messages: FromHost[]) => void) => void
  readonly onCommand?: (command: CellCommand, emit: (...messages: FromHost[]) => void) => void
  /** False when the host ignores terminations. */
  readonly obeysTermination?: boolean
  /** The resident memory of its process, in MiB. */
  readonly residentMb?: () => number
}

/** An honest host: each cell prints one text and completes. */
export const honest: Script = {
  onStart: ({ cell }, emit) => {
    emit({ type: 'started', cell }, { type: 'text', cell, body: 'honest' }, { type: 'completed', cell })
    emit({ type: 'handled', cell, count: 1 }, { type: 'stopped', cell })
  },
}

/** Returns a pool whose first hosts follow one script each. Later hosts are honest. */
export function scriptedPool(...scripts: Script[]): { readonly pool: LocalHostPool; readonly hosts: ScriptedHost[] } {
  const hosts: ScriptedHost[] = []
  const start = (): Transport => {
    const host = new ScriptedHost(scripts[hosts.length] ?? honest)
    hosts.push(host)
    return host
  }
  return { pool: new LocalHostPool({ place: start, min: 1, max: 1, warmIsolates: 0, memoryMb: 64 }), hosts }
}

class ScriptedHost implements Transport {
  readonly isLink = false
  readonly unsentBytes = 0
  readonly sentBytes = 0
  readonly drained = (): Promise<void> => Promise.resolve()
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

  emit(...messages: FromHost[]): void {
    if (!this.#isOver) this.#listener?.(messages)
  }

  /** Handles the message in a later turn, as a process does. */
  send(message: ToHost): void {
    this.received.push(message)
    setImmediate(() => this.#receive(message))
  }

  #receive(message: ToHost): void {
    const emit = (...messages: FromHost[]): void => this.emit(...messages)
    switch (message.type) {
      case 'hello':
        return emit({ type: 'ready', version: protocolVersion, pid: 1, engine: null })
      case 'ping':
        return emit({ type: 'pong', id: message.id })
      case 'start':
        return this.#script.onStart(message, emit)
      case 'tool_response':
      case 'tool_error':
      case 'timeout_fired':
        return this.#script.onCommand?.(message, emit)
      case 'terminate':
        return this.#script.obeysTermination === false ? undefined : emit({ type: 'stopped', cell: message.cell })
      default:
        return
    }
  }

  /** Ends the host from outside. */
  end(end: TransportEnd): void {
    this.#endWith(end)
  }

  kill(): void {
    this.#endWith({ type: 'lost', reason: 'it was killed by SIGKILL', detail: '', cause: 'SIGKILL' })
  }

  residentBytes(): number | null {
    const mb = this.#script.residentMb?.()
    return mb === undefined ? null : mb * 1024 * 1024
  }

  #endWith(end: TransportEnd): void {
    this.#isOver = true
    this.#end(end)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#endWith({ type: 'closed' })
  }
}
