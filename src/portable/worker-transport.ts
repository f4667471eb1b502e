import { messageOf } from '../errors.ts'
import { parseFromHost } from '../protocol/parse-message.ts'
import type { FromHost, ToHost } from '../protocol/message.ts'
import type { Transport, TransportEnd } from '../protocol/transport.ts'

/** A worker, as in browsers, Bun and Deno. */
export interface HostWorker {
  postMessage(message: unknown): void
  addEventListener(type: 'message' | 'error' | 'messageerror', listener: (event: object) => void): void
  terminate(): unknown
}

/** The transport to a host in a worker. */
export class WorkerTransport implements Transport {
  readonly isLink = false
  readonly unsentBytes = 0
  readonly sentBytes = 0
  readonly ended: Promise<TransportEnd>
  readonly #worker: HostWorker
  readonly #end: (end: TransportEnd) => void
  #onMessages: ((messages: readonly FromHost[]) => void) | null = null
  #isOpen = true

  constructor(worker: HostWorker, wasm: WebAssembly.Module) {
    const { promise, resolve } = Promise.withResolvers<TransportEnd>()
    this.ended = promise
    this.#end = resolve
    this.#worker = worker
    worker.addEventListener('message', (event) => this.#receive(Reflect.get(event, 'data')))
    worker.addEventListener('error', (event) => this.#onLost(Reflect.get(event, 'message')))
    worker.addEventListener('messageerror', () => this.#onLost('it sent a message that cannot be read'))
    worker.postMessage({ wasm })
  }

  send(message: ToHost): void {
    if (this.#isOpen) this.#worker.postMessage(message)
  }

  drained(): Promise<void> {
    return Promise.resolve()
  }

  listen(onMessages: (messages: readonly FromHost[]) => void): void {
    this.#onMessages = onMessages
  }

  #receive(data: unknown): void {
    if (!this.#isOpen) return
    const messages: readonly unknown[] = Array.isArray(data) ? data : []
    try {
      this.#onMessages?.(messages.flatMap((message) => parseFromHost(message)))
    } catch (error) {
      this.#onLost(messageOf(error))
    }
  }

  #onLost(message: unknown): void {
    const detail = typeof message === 'string' ? message : ''
    this.#close({ type: 'lost', reason: 'its worker failed', detail, cause: null })
  }

  #close(end: TransportEnd): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#worker.terminate()
    this.#end(end)
  }

  kill(): void {
    this.#close({ type: 'closed' })
  }

  residentBytes(): null {
    return null
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.kill()
    return Promise.resolve()
  }
}
