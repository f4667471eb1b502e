import { warnOperator } from '../../platform/process.ts'
import { unref } from '../../platform/turns.ts'
import { messageOf } from '../../errors.ts'
import type {
  InboxDecision,
  InboxResult,
  InboxSettlement,
  InboxTermination,
  LeftEntry,
} from '../../storage/inbox-content.ts'
import type { Inbox, SessionStore } from '../../storage/session-store.ts'

/**
 * Removes an entry with the record that `work` writes. `work` returns the reason for which it did not apply the entry, or null. An
 * entry that is not taken is handled again when the inbox is read the next time.
 */
export type TakeEntry = (work: () => string | null) => void

/** The content of an entry that concerns a cell of this process. */
type EarlyContent = InboxDecision | InboxTermination

/** The inbox of an open session. It applies the entries of other processes in order, each once. */
export class SessionInbox {
  readonly #store: SessionStore
  /** Applies the result of a deferred call. */
  onResult: (result: InboxResult, take: TakeEntry) => Promise<void> = async () => undefined
  /** Applies the settlement of an unknown call. */
  onSettlement: (settlement: InboxSettlement, take: TakeEntry) => void = () => undefined
  /** Applies the decision about a pending call. */
  onDecision: (decision: InboxDecision, take: TakeEntry) => void = () => undefined
  /** Terminates a cell. */
  onTermination: (termination: InboxTermination, take: TakeEntry) => void = () => undefined
  /** Whether the session can apply an entry, so that the inbox is read at intervals. */
  isNeeded: () => boolean = () => false
  /** Entries for cells that have not resumed; null: they have. */
  #early: LeftEntry<EarlyContent>[] | null = []
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
    unref(this.#timer)
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
    if (this.isNeeded()) await this.#try(async () => await this.#takeIfAny())
    else this.#stop()
  }

  async #takeIfAny(): Promise<void> {
    if ((await this.#inbox?.hasEntries()) === true) await this.take()
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
    return await this.#try(async () => await this.take())
  }

  async #try(work: () => Promise<void>): Promise<boolean> {
    try {
      await work()
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
    for (const { entry, content } of await inbox.entries()) {
      if (this.#isClosed) break
      if (content.kind === 'invalid') {
        // Removed, so that it is neither read nor reported again.
        inbox.refuse(entry, content.reason)
        refused.push(content.reason)
      } else if (content.kind === 'tool_result') {
        await this.onResult(content, this.#taker(inbox, entry))
      } else if (content.kind === 'settlement') {
        this.onSettlement(content, this.#taker(inbox, entry))
      } else if (this.#early === null) this.#apply(content, this.#taker(inbox, entry))
      else this.#early.push({ entry, content })
    }
    this.#report(refused)
  }

  #taker(inbox: Inbox, entry: string): TakeEntry {
    return (work) => {
      if (!this.#isClosed) inbox.take(entry, work)
    }
  }

  /**
   * Applies the entries that were read before the cells resumed.
   *
   * @throws {CodecellError} `STORAGE_FAILED`
   */
  onResumed(): void {
    const early = this.#early ?? []
    this.#early = null
    const inbox = this.#inbox
    if (inbox === null) return
    for (const { entry, content } of early) this.#apply(content, this.#taker(inbox, entry))
  }

  #apply(content: EarlyContent, take: TakeEntry): void {
    if (content.kind === 'decision') this.onDecision(content, take)
    else this.onTermination(content, take)
  }

  /** Returns whether an entry terminates a cell that has not resumed. */
  terminates(cellId: string): boolean {
    return this.#early?.some(({ content: { kind, key } }) => kind === 'termination' && key === cellId) ?? false
  }

  #report(refused: readonly string[]): void {
    const [first] = refused
    if (first === undefined) return
    const more = refused.length > 1 ? ` (and ${refused.length - 1} more)` : ''
    this.#warn(`Refused an entry of the inbox: ${first}${more}`)
  }

  #warn(text: string): void {
    warnOperator(`Session "${this.#store.id}": ${text}`)
  }
}
