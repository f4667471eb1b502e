import { messageOf } from '../../errors.ts'
import type { InboxResult } from '../../storage/inbox-content.ts'
import type { Inbox, SessionStore } from '../../storage/session-store.ts'

/**
 * Removes an entry with the record that `work` writes. `work` returns the reason for which it did not apply the entry, or null. An
 * entry that is not taken is handled again when the inbox is read the next time.
 */
export type TakeEntry = (work: () => string | null) => void

/** The inbox of an open session. It applies the entries of other processes in order, each once. */
export class SessionInbox {
  readonly #store: SessionStore
  /** Applies the result of a deferred call. */
  onResult: (result: InboxResult, take: TakeEntry) => Promise<void> = async () => undefined
  /** Whether the session can apply an entry, so that the inbox is read at intervals. */
  isNeeded: () => boolean = () => false
  #timer: NodeJS.Timeout | null = null
  /** The reading that is under way. */
  #reading: Promise<void> | null = null
  #isWarned = false
  #isClosed = false

  constructor(store: SessionStore) {
    this.#store = store
  }

  get #inbox(): Inbox | null {
    return this.#store.inbox
  }

  /** Starts to read the inbox at intervals, as long as it is needed. */
  watch(): void {
    const inbox = this.#inbox
    if (inbox === null || this.#timer !== null || this.#isClosed) return
    this.#timer = setInterval(() => void this.#poll(), inbox.pollMs)
    this.#timer.unref()
  }

  close(): void {
    this.#isClosed = true
    this.#stop()
  }

  #stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }

  async #poll(): Promise<void> {
    if (this.isNeeded()) await this.tryTake()
    else this.#stop()
  }

  /**
   * Applies the entries that other processes have left.
   *
   * @throws {CodecellError} `SESSION_INVALID`, `STORE_UNREACHABLE`, `STORAGE_FAILED`
   */
  async take(): Promise<void> {
    this.#reading ??= this.#takeAll().finally(() => (this.#reading = null))
    await this.#reading
  }

  /** Applies the entries, and returns whether the inbox was read. Warns about the first failure. */
  async tryTake(): Promise<boolean> {
    try {
      await this.take()
      return true
    } catch (error) {
      if (!this.#isWarned && !this.#isClosed) this.#warn(`Cannot read the inbox: ${messageOf(error)}`)
      this.#isWarned = true
      return false
    }
  }

  async #takeAll(): Promise<void> {
    const inbox = this.#inbox
    if (inbox === null) return
    const refused: string[] = []
    for (const left of await inbox.entries()) {
      if (this.#isClosed) break
      const { content } = left
      if (content.kind === 'invalid') {
        // Removed, so that it is neither read nor reported again.
        inbox.refuse(left.entry, content.reason)
        refused.push(content.reason)
      } else await this.#apply(content, (work) => inbox.take(left.entry, work))
    }
    this.#report(refused)
  }

  async #apply(content: InboxResult, take: TakeEntry): Promise<void> {
    await this.onResult(content, (work) => {
      if (!this.#isClosed) take(work)
    })
  }

  #report(refused: readonly string[]): void {
    const [first] = refused
    if (first === undefined) return
    const more = refused.length > 1 ? ` (and ${refused.length - 1} more)` : ''
    this.#warn(`Refused an entry of the inbox: ${first}${more}`)
  }

  #warn(text: string): void {
    process.emitWarning(`Session "${this.#store.id}": ${text}`, { type: 'CodecellWarning' })
  }
}
