import { unref } from '../../platform/turns.ts'
import { messageOf } from '../../errors.ts'
import type { CellLedger, LedgerEntry, ProvidedResult } from '../../storage/ledger.ts'
import type { InboxResult } from '../../storage/inbox-content.ts'
import type { Barrier, SessionStore } from '../../storage/session-store.ts'
import { resultValidator } from '../../tools/resolve-tool.ts'
import type { Tool } from '../../tools/tool.ts'
import type { CallResultInput, ProvideResultOptions } from '../api/deferred-call.ts'
import { shortenedText } from '../common/error-text.ts'
import type { Limits } from '../common/limits.ts'
import type { SessionClock } from '../common/session-clock.ts'
import type { SessionInbox, TakeEntry } from '../inbox/session-inbox.ts'
import { sessionClosed } from '../output/cell-outcomes.ts'
import {
  checkDeferred,
  expiryText,
  isRepeated,
  notDeferred,
  parseResultInput,
  providedResult,
  requestIdOf,
} from './provided-result.ts'

/** A deferred call that waits in its cell. */
export type WaitingCall = {
  readonly key: string
  readonly tool: Tool
  readonly expiresAt: number | null
  /** Returns the barrier for everything that was written about the cell. */
  readonly barrier: () => Barrier
  /** Gives the program a result that is on the ledger. */
  readonly onProvided: (result: ProvidedResult) => void
  /** Fails the call, because its time is over. */
  readonly onExpired: () => void
}

/** Maximum delay before the system clock is read again, in milliseconds: timers stand still in a suspended machine. */
const maxCheckMs = 30_000

/** Delay before an inbox that cannot be read is read again for a call that expires, in milliseconds. */
const retryMs = 1000

/** A call in the ledger. */
type Recorded = { readonly ledger: CellLedger; readonly number: number; readonly entry: LedgerEntry | null }

export type DeferredCallsInit = {
  readonly store: SessionStore
  readonly limits: Limits
  readonly inbox: SessionInbox
  readonly clock: SessionClock
}

/** The deferred calls of a session. A result is on the ledger before its cell receives it, and it counts once. */
export class DeferredCalls {
  readonly #store: SessionStore
  readonly #limits: Limits
  readonly #inbox: SessionInbox
  readonly #clock: SessionClock
  /** The calls that wait in their cells, by key. A cell that replays has not reached its calls. */
  readonly #waiting = new Map<string, WaitingCall>()
  /** Returns the current tool of the session, for a call that its cell has not reached. */
  findTool: (identifier: string) => Tool | undefined = () => undefined
  #expiryTimer: NodeJS.Timeout | null = null
  #isClosed = false

  constructor({ store, limits, inbox, clock }: DeferredCallsInit) {
    this.#clock = clock
    this.#store = store
    this.#limits = limits
    this.#inbox = inbox
    inbox.onResult = async (left, take) => await this.#takeResult(left, take)
  }

  add(call: WaitingCall): void {
    if (this.#isClosed) return
    this.#waiting.set(call.key, call)
    if (call.expiresAt !== null) this.#armExpiry()
  }

  remove(key: string): void {
    this.#waiting.delete(key)
    if (this.#waiting.size === 0) this.#stop()
  }

  close(): void {
    this.#isClosed = true
    this.#waiting.clear()
    this.#stop()
  }

  #stop(): void {
    if (this.#expiryTimer !== null) clearTimeout(this.#expiryTimer)
    this.#expiryTimer = null
  }

  /**
   * Provides the result of a deferred call. Resolves when it is on record.
   *
   * @throws {CodecellError} `CALL_NOT_DEFERRED`, `INVALID_OPTION`, `STORAGE_FAILED`, `SESSION_LOST`
   */
  async provide(key: string, input: CallResultInput, options: ProvideResultOptions): Promise<void> {
    const given = parseResultInput(input)
    const id = requestIdOf(options)
    if (typeof key !== 'string') throw notDeferred(String(key), 'expected a string as key')
    // A result that another process has left before counts.
    await this.#inbox.take()
    if (isRepeated(this.#recordOf(key).entry, key, id)) return await this.#onRecord(key)
    checkDeferred(key, this.#recordOf(key).entry, this.#clock.now())
    const result = await this.#validated(key, providedResult(given, id, this.#limits))
    // Another request can have been faster during the validation, or another process.
    if (!this.#tryRecord(key, result)) {
      await this.#inbox.take()
      if (!this.#tryRecord(key, result)) return await this.#onRecord(key)
    }
    await this.#deliver(key, result)
  }

  /**
   * Returns false when the request was repeated, or another process has left a result.
   *
   * @throws {CodecellError} `CALL_NOT_DEFERRED`, `STORAGE_FAILED`, `SESSION_LOST`
   */
  #tryRecord(key: string, result: ProvidedResult): boolean {
    if (this.#isClosed) throw sessionClosed()
    const { ledger, number, entry } = this.#recordOf(key)
    if (isRepeated(entry, key, result.id)) return false
    checkDeferred(key, entry, this.#clock.now())
    const record = (): void => ledger.recordProvided(number, result)
    const { inbox } = this.#store
    if (inbox !== null) return inbox.claim(key, result, record)
    record()
    return true
  }

  async #deliver(key: string, result: ProvidedResult): Promise<void> {
    const call = this.#waiting.get(key)
    call?.onProvided(result)
    const recorded = call === undefined ? this.#store.barrier() : call.barrier()
    if (recorded !== null) await recorded
  }

  async #onRecord(key: string): Promise<void> {
    const recorded = this.#waiting.get(key)?.barrier() ?? this.#store.barrier()
    if (recorded !== null) await recorded
  }

  /**
   * Returns a result as the schema of its tool validated it.
   *
   * @throws {CodecellError} `TOOL_OUTCOME_UNKNOWN` for a result that does not fit, `INVALID_OPTION`
   */
  async #validated(key: string, result: ProvidedResult): Promise<ProvidedResult> {
    const tool = this.#waiting.get(key)?.tool ?? this.findTool(this.#findRecord(key).entry?.identifier ?? '')
    const validate = result.type === 'tool_error' || tool === undefined ? null : resultValidator(tool)
    if (validate === null) return result
    const value = await validate(JSON.parse(result.body))
    return { ...providedResult({ type: 'result', value }, result.id, this.#limits), at: result.at }
  }

  #recordOf(key: string): Recorded {
    const [, cellId, call] = /\/(\d{1,15})\/tool-(\d{1,15})(?:~\w+)?$/.exec(key) ?? []
    const ledger = cellId === undefined ? null : this.#store.ledgerOf(cellId)
    if (ledger === null) throw notDeferred(key, 'the session has no call with this key')
    const number = Number(call)
    return { ledger, number, entry: ledger.find(number) }
  }

  /** Takes a result that another process has left. */
  async #takeResult(left: InboxResult, take: TakeEntry): Promise<void> {
    const result = await this.#validatedLeft(left)
    if (this.#isClosed) return
    let reason: string | null = null
    take(() => (reason = this.#record(left, result)))
    if (reason === null) this.#waiting.get(left.key)?.onProvided(result)
  }

  /** Records a result. Returns the reason for which it is dropped; null for none. */
  #record({ key, at }: InboxResult, result: ProvidedResult): string | null {
    const { ledger, number, entry } = this.#findRecord(key)
    const deferral = entry?.key === key && entry.state === 'deferred' ? entry.deferral : null
    if (ledger === null || deferral === null) return 'no call waits for the result'
    if (deferral.provided !== null) return 'the call has a result'
    if (deferral.expiresAt !== null && deferral.expiresAt < at) return expiryText(deferral.expiresAt)
    ledger.recordProvided(number, result)
    return null
  }

  #findRecord(key: string): Recorded | { readonly ledger: null; readonly number: 0; readonly entry: null } {
    try {
      return this.#recordOf(key)
    } catch {
      return { ledger: null, number: 0, entry: null }
    }
  }

  /** The process that left the result does not know the schema of the tool. A result that does not fit fails the call. */
  async #validatedLeft({ id, type, body, at, key }: InboxResult): Promise<ProvidedResult> {
    if (type === 'tool_error') {
      return { id, type, body: shortenedText(body, this.#limits.maxErrorChars).toWellFormed(), at }
    }
    try {
      const value: unknown = JSON.parse(body)
      const result = { ...providedResult({ type: 'result', value }, id, this.#limits), at }
      return await this.#validated(key, result)
    } catch (error) {
      return { id, type: 'tool_error', body: shortenedText(messageOf(error), this.#limits.maxErrorChars), at }
    }
  }

  #armExpiry(delayMs: number = this.#untilExpiry()): void {
    if (this.#expiryTimer !== null) clearTimeout(this.#expiryTimer)
    this.#expiryTimer = setTimeout(() => void this.#expire(), Math.min(Math.max(delayMs, 0), maxCheckMs))
    unref(this.#expiryTimer)
  }

  #untilExpiry(): number {
    let earliest = Infinity
    for (const { expiresAt } of this.#waiting.values()) earliest = Math.min(earliest, expiresAt ?? Infinity)
    return earliest - this.#clock.now()
  }

  /** Fails the calls whose time is over. A result that was left in time counts. */
  async #expire(): Promise<void> {
    const isDue = this.#untilExpiry() <= 0
    if (isDue && !(await this.#inbox.tryTake())) return this.#isClosed ? undefined : this.#armExpiry(retryMs)
    if (this.#isClosed) return
    const now = this.#clock.now()
    for (const call of this.#waiting.values()) if (call.expiresAt !== null && call.expiresAt <= now) call.onExpired()
    if (this.#waiting.values().some(({ expiresAt }) => expiresAt !== null)) this.#armExpiry()
  }
}
