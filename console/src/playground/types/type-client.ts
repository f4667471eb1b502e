import type { TypeMessage, TypeReply, TypeRequestName, TypeResults } from './messages.ts'

/** Timeouts for the start of the worker and for one request, in milliseconds. */
const startMs = 90_000
const requestMs = 15_000

export type TypeState = 'idle' | 'starting' | 'ready' | 'failed'

export type TypeContext = { readonly source: string; readonly declarations: string; readonly hasIntl: boolean }

type Waiting = {
  readonly message: TypeMessage
  readonly resolve: (results: TypeResults) => void
  readonly timer: ReturnType<typeof setTimeout>
}

/**
 * Requests of the page to the worker of TypeScript, which starts with the first one. A worker that does not respond in time is replaced,
 * and its requests have no result.
 */
export class TypeClient {
  readonly #startWorker: () => Worker
  readonly #waiting = new Map<number, Waiting>()
  readonly #listeners = new Set<() => void>()
  #worker: Worker | null = null
  #state: TypeState = 'idle'
  #lastId = 0
  #startTimer: ReturnType<typeof setTimeout> | undefined
  /** The source that the worker could not handle in time. */
  #refused: string | null = null

  constructor(startWorker: () => Worker) {
    this.#startWorker = startWorker
  }

  get state(): TypeState {
    return this.#state
  }

  /** Calls a function at each change of the state. Returns a function that ends this. */
  onState(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Starts the worker, unless it runs or failed. */
  start(): void {
    if (this.#state !== 'idle') return
    try {
      const worker = this.#startWorker()
      this.#worker = worker
      this.#set('starting')
      worker.addEventListener('message', ({ data }: MessageEvent<TypeReply>) => this.#onReply(data))
      worker.addEventListener('error', () => this.#stop('failed'))
      this.#startTimer = setTimeout(() => this.#stop('failed'), startMs)
    } catch {
      this.#stop('failed')
    }
  }

  /** Resolves with null when there is no result: TypeScript is not available, or the program takes it too long. */
  async request<Name extends TypeRequestName>(
    name: Name,
    context: TypeContext,
    offset: number = 0,
  ): Promise<NonNullable<TypeResults[Name]> | null> {
    this.start()
    const worker = this.#worker
    if (worker === null || context.source === this.#refused) return null
    const { promise, resolve } = Promise.withResolvers<TypeResults>()
    const id = ++this.#lastId
    const { source, declarations, hasIntl } = context
    const message: TypeMessage = { id, name, source, declarations, hasIntl, offset }
    this.#waiting.set(id, { message, resolve, timer: this.#limit(source) })
    if (this.#state === 'ready') worker.postMessage(message)
    const results = await promise
    return results[name] ?? null
  }

  #limit(source: string): ReturnType<typeof setTimeout> {
    const ms = this.#state === 'ready' ? requestMs : startMs + requestMs
    return setTimeout(() => {
      this.#refused = source
      this.#stop('idle')
    }, ms)
  }

  #onReply(reply: TypeReply): void {
    if (reply.type === 'ready') {
      clearTimeout(this.#startTimer)
      this.#set('ready')
      for (const { message } of this.#waiting.values()) this.#worker?.postMessage(message)
      return
    }
    const waiting = this.#waiting.get(reply.id)
    this.#waiting.delete(reply.id)
    if (waiting === undefined) return
    clearTimeout(waiting.timer)
    waiting.resolve(reply.results)
  }

  #stop(next: 'idle' | 'failed'): void {
    clearTimeout(this.#startTimer)
    this.#worker?.terminate()
    this.#worker = null
    for (const { resolve, timer } of this.#waiting.values()) {
      clearTimeout(timer)
      resolve({})
    }
    this.#waiting.clear()
    this.#set(next)
  }

  #set(state: TypeState): void {
    this.#state = state
    for (const listener of this.#listeners) listener()
  }
}
