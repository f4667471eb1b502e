import type { ConsoleEvent, NodeItem, Overview, SourceHealth } from '../../../src/console/api.ts'
import { failureOf, get } from './api.ts'

type Connection =
  | { readonly type: 'connecting' }
  | { readonly type: 'live' }
  | { readonly type: 'lost'; readonly since: number }

export type LiveState = {
  readonly connection: Connection
  readonly overview: Overview | null
  readonly health: SourceHealth | null
  readonly nodes: readonly NodeItem[] | null
}

/** `reload`: the page connected again, so that its lists can be outdated. `changed`, `state`: see {@link ConsoleEvent}. */
export type LiveEvent =
  | { readonly type: 'state' }
  | { readonly type: 'reload' }
  | Extract<ConsoleEvent, { type: 'changed' | 'nodes' }>
  | { readonly type: 'logged_out' }

const firstRetryMs = 300
const maxRetryMs = 5000

/** The event stream of the server. It connects again by itself, until it is closed or the login ends. */
export class Live {
  state: LiveState = { connection: { type: 'connecting' }, overview: null, health: null, nodes: null }
  readonly #listeners = new Set<(event: LiveEvent) => void>()
  #source: EventSource | null = null
  #timer: ReturnType<typeof setTimeout> | undefined
  #retryMs = firstRetryMs
  #wasLive = false
  #isClosed = false

  /** Returns a function that removes the listener. */
  on(listener: (event: LiveEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  open(): void {
    addEventListener('online', this.#retryNow)
    this.#connect()
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    removeEventListener('online', this.#retryNow)
    this.#source?.close()
  }

  readonly #retryNow = (): void => {
    if (this.state.connection.type !== 'lost') return
    clearTimeout(this.#timer)
    this.#connect()
  }

  #connect(): void {
    if (this.#isClosed) return
    this.#source?.close()
    const source = new EventSource('/api/events')
    this.#source = source
    source.addEventListener('message', ({ data }) => {
      if (this.#source === source) this.#receive(data)
    })
    source.addEventListener('error', () => {
      if (this.#source === source) void this.#lose()
    })
  }

  #receive(data: string): void {
    const event: ConsoleEvent = JSON.parse(data)
    if (event.type === 'logged_out') return this.#end()
    this.#retryMs = firstRetryMs
    if (event.type === 'hello') {
      const isAgain = this.#wasLive
      this.#wasLive = true
      const { overview } = event
      this.#set({ connection: { type: 'live' }, overview, health: overview.health })
      if (isAgain) this.#emit({ type: 'reload' })
      return
    }
    if (event.type === 'health') return this.#set({ health: event.health })
    if (event.type === 'nodes') this.#set({ nodes: event.nodes })
    else this.#set({ overview: event.overview, health: event.overview.health })
    this.#emit(event)
  }

  /** Connects later. An event source does not tell a login that ended from a server that is away. */
  async #lose(): Promise<void> {
    this.#source?.close()
    this.#source = null
    const { connection } = this.state
    if (connection.type !== 'lost') this.#set({ connection: { type: 'lost', since: Date.now() } })
    const isLoggedOut = await get('/api/me').then(
      () => false,
      (error: unknown) => failureOf(error).status === 401,
    )
    if (this.#isClosed || this.#source !== null) return
    if (isLoggedOut) return this.#end()
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#connect(), this.#retryMs)
    this.#retryMs = Math.min(2 * this.#retryMs, maxRetryMs)
  }

  #end(): void {
    this.close()
    this.#emit({ type: 'logged_out' })
  }

  #set(change: Partial<LiveState>): void {
    this.state = { ...this.state, ...change }
    this.#emit({ type: 'state' })
  }

  #emit(event: LiveEvent): void {
    for (const listener of this.#listeners) listener(event)
  }
}
