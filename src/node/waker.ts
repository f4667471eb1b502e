import { CodecellError, messageOf } from '../errors.ts'
import { LogStore, type SharedStore } from '../storage/shared/shared-store.ts'
import { keyOf } from '../storage/logs/session-names.ts'
import type { SessionName } from '../storage/logs/session-logs.ts'
import { OpenFailures } from './open-failures.ts'

/** Maximum number of sessions that are taken at once. */
const maxTaken = 64

const defaultIntervalMs = 1000

export type WakerOptions = {
  readonly store: SharedStore
  /** Opens a due session. Resolves when it is open. A session whose opening fails is released, and stays due. */
  readonly open: (sessionId: string, tenant: string) => Promise<void>
  /** Returns how many more sessions this process can open. */
  readonly room: () => number
  /**
   * Whether the sessions of all tenants are opened, and not only those of the tenant of the store.
   *
   * @default false
   */
  readonly ofAllTenants?: boolean
  /**
   * Interval between looks for due sessions, in milliseconds.
   *
   * @default 1000
   */
  readonly intervalMs?: number
  /**
   * The capabilities of this node. It takes only sessions whose needs are among these, and the sessions that the store opens from now on
   * need all of them.
   *
   * @default none
   */
  readonly capabilities?: readonly string[]
  /**
   * Returns the names of the engines of this node, which start with `engine:`; null for every engine.
   *
   * @default null
   */
  readonly engines?: () => readonly string[] | null
  /**
   * Receives the errors of openings and of the store. `sessionId` is null for an error of the store.
   *
   * @default a warning of the process
   */
  readonly onError?: (error: unknown, sessionId: string | null) => void
}

/** Opens the due sessions of a store that no live node has open: once a second, and at once when it is poked. */
export class Waker {
  readonly #options: WakerOptions
  readonly #failures = new OpenFailures()
  readonly #timer: NodeJS.Timeout
  readonly #opening = new Map<string, Promise<void>>()
  readonly #closing = new AbortController()
  /** The look that is under way. */
  #looking: Promise<void> | null = null
  #isPoked = false
  /** Whether the last look failed, so that the next failure is not reported again. */
  #isUnreachable = false

  constructor(options: WakerOptions) {
    const { store, intervalMs = defaultIntervalMs, capabilities } = options
    this.#options = options
    if (capabilities !== undefined) LogStore.setNeeds(store, capabilities)
    this.#timer = setInterval(() => this.poke(), intervalMs)
    this.poke()
  }

  /** Looks for due sessions at once. */
  poke(): void {
    if (this.#closing.signal.aborted) return
    this.#isPoked = true
    this.#looking ??= this.#look().finally(() => (this.#looking = null))
  }

  async #look(): Promise<void> {
    while (this.#isPoked && !this.#closing.signal.aborted) {
      this.#isPoked = false
      const count = Math.min(maxTaken, this.#options.room() - this.#opening.size)
      if (count <= 0) return
      const taken = await this.#take(count)
      for (const name of taken) this.#start(name)
      // There can be more.
      if (taken.length === count) this.#isPoked = true
    }
  }

  async #take(count: number): Promise<readonly SessionName[]> {
    const { store, capabilities = [], engines, ofAllTenants = false } = this.#options
    try {
      const has = [...capabilities, ...(engines?.() ?? [])]
      const taken = await LogStore.takeDue(store, count, { capabilities: has, ofAllTenants })
      this.#isUnreachable = false
      return taken
    } catch (error) {
      if (!this.#isUnreachable && !this.#closing.signal.aborted) this.#report(error, null)
      this.#isUnreachable = true
      return []
    }
  }

  #start(name: SessionName): void {
    const key = keyOf(name)
    // A session can be closed, and due again, before the end of its opening is known here.
    const before = this.#opening.get(key) ?? Promise.resolve()
    const opening = before
      .then(async () => await this.#open(name))
      .finally(() => {
        if (this.#opening.get(key) === opening) this.#opening.delete(key)
      })
    this.#opening.set(key, opening)
  }

  /** Opens a session. One whose last opening failed stays closed for the time of its backoff, so that a failure costs little. */
  async #open(name: SessionName): Promise<void> {
    const key = keyOf(name)
    const { open } = this.#options
    await this.#failures.backoff(key, this.#closing.signal)
    if (this.#closing.signal.aborted) return await this.#giveBack(name)
    try {
      await open(name.id, name.tenant)
      this.#failures.delete(key)
    } catch (error) {
      // A caller of this process, or another node, was faster.
      if (CodecellError.is(error, 'SESSION_IN_USE')) return
      this.#failures.add(key)
      if (!this.#closing.signal.aborted) this.#report(error, name.id)
      await this.#giveBack(name)
    }
  }

  async #giveBack(name: SessionName): Promise<void> {
    await LogStore.giveBack(this.#options.store, name).catch(() => undefined)
  }

  #report(error: unknown, sessionId: string | null): void {
    const { onError, store } = this.#options
    if (onError !== undefined) return onError(error, sessionId)
    const what = sessionId === null ? 'look for due sessions of' : `open the due session "${sessionId}" of`
    const text = `Cannot ${what} the store ${store.location}: ${messageOf(error)}`
    process.emitWarning(text, { type: 'CodecellWarning' })
  }

  /** Stops looking, and waits for the openings that are under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort()
    clearInterval(this.#timer)
    await this.#looking
    await Promise.all(this.#opening.values())
  }
}
