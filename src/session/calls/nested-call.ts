import { unref } from '../../platform/turns.ts'
import { isThrown, messageOf } from '../../errors.ts'
import type { CallState, Deferral, DeferralRequest, LedgerEntry } from '../../storage/ledger.ts'
import { abortReason } from '../../protocol/abort-reason.ts'
import type { NestedCallEnd, SourceLocation } from '../../events/session-event.ts'
import { limitText } from '../../protocol/cell-limits.ts'
import type { Tool, ToolCallContext } from '../../tools/tool.ts'
import { ignoreRejection } from '../../protocol/guarded-calls.ts'
import { shortenedText } from '../common/error-text.ts'
import type { DeferredCall } from '../api/deferred-call.ts'
import { deferredCall, endedCall, startedCall } from '../following/call-events.ts'
import {
  attemptOf,
  canBeMade,
  expiredAttempt,
  lostAttempt,
  NoResult,
  type Attempt,
  type CallResult,
  type Deferred,
} from './call-attempt.ts'
import { parseCallInput } from './call-input.ts'
import { endOfResult, recordEnd, recordPending, recordRefused, recordStart } from './call-record.ts'
import type { CallingCell, CallRequest } from './calling-cell.ts'
import { DeferralSlot } from '../deferred/deferral-slot.ts'
import { PendingResult } from './pending-result.ts'
import { resultJson } from '../common/result-json.ts'
import { isRefusal, stateAfter } from './tool-effects.ts'

type Phase =
  /** The cell replays its journal; the call starts after the replay. */
  | { readonly type: 'queued' }
  | { readonly type: 'awaiting-approval' }
  /** The start is recorded, and the tool is called at the barrier. */
  | { readonly type: 'starting' }
  /** The tool was called. `pending` is the promised result, or null when the tool returned no promise. */
  | { readonly type: 'calling'; readonly pending: PendingResult | null }
  /** The result arrives later. */
  | { readonly type: 'deferred'; readonly call: DeferredCall }
  /** `isRecorded` is false for a call that was cancelled while its tool ran: its outcome is recorded later. */
  | { readonly type: 'settled'; readonly isRecorded: boolean }

const awaitingApproval: Phase = { type: 'awaiting-approval' }
const starting: Phase = { type: 'starting' }
const calling: Phase = { type: 'calling', pending: null }
const settled: Phase = { type: 'settled', isRecorded: true }
const cancelled: Phase = { type: 'settled', isRecorded: false }

const uncalledNote = 'the cell ended before the tool was called'

/** A nested tool call of a cell. It reaches its tool at most once, and settles at most once. */
export class NestedCall implements CallRequest {
  readonly id: number
  readonly identifier: string
  readonly tool: Tool
  readonly input: string
  readonly location: SourceLocation | null
  readonly #cell: CallingCell
  /** The ledger entry of an earlier process, if it made this call. */
  readonly #previous: LedgerEntry | null
  readonly #controller = new AbortController()
  readonly #deferral = new DeferralSlot()
  #phase: Phase = { type: 'queued' }
  #done: Promise<void> = Promise.resolve()

  constructor({ id, identifier, tool, input, location }: CallRequest, previous: LedgerEntry | null, cell: CallingCell) {
    this.id = id
    this.identifier = identifier
    this.tool = tool
    this.input = input
    this.location = location
    this.#previous = previous
    this.#cell = cell
  }

  /** Whether the start of the call is recorded and the call is not settled. */
  get isCalling(): boolean {
    return this.#phase.type === 'starting' || this.#phase.type === 'calling'
  }

  /** Whether the call waits for a decision, or for a result that arrives later. */
  get onlyWaits(): boolean {
    if (this.#phase.type !== 'awaiting-approval') return this.#phase.type === 'deferred'
    const { approvals, init } = this.#cell
    return approvals.isPending(init.store.ledger.keyOf(this.id))
  }

  /** The call while it waits for a result that arrives later; otherwise null. */
  get deferred(): DeferredCall | null {
    return this.#phase.type === 'deferred' ? this.#phase.call : null
  }

  /** Resolves when the call is settled or deferred. */
  get done(): Promise<void> {
    return this.#done
  }

  emitStarted(): void {
    const { id, identifier, tool, input, location } = this
    const { name, namespace = null, kind = 'function', server = null } = tool
    this.#cell.services.feed?.emit({
      type: 'nested_call_started',
      cellId: this.#cell.init.cellId,
      callId: `tool-${id}`,
      identifier,
      name,
      namespace,
      kind,
      server,
      input,
      location,
    })
  }

  /** Settles a call with its result from the journal. The ledger lacks the result if the process ended between the two writes. */
  replay(result: CallResult): void {
    this.#phase = settled
    if (this.#previous?.state === 'started' || this.#previous?.state === 'deferred') {
      recordEnd(this, this.#cell, { result, state: endOfResult(result).state })
    }
    this.#emitEnded(result)
  }

  /** Emits the start of the call to the followers of its cell. */
  announce(): void {
    this.#cell.followers.onCall(() => startedCall(this))
  }

  start(): void {
    this.#phase = awaitingApproval
    this.#done = this.#run()
  }

  async #run(): Promise<void> {
    const previous = this.#previous
    if (previous?.state === 'deferred' && previous.deferral !== null) return this.#resumeDeferred(previous.deferral)
    const isLost = previous !== null && !canBeMade(this.tool, previous)
    const made = isLost ? lostAttempt(previous) : await this.#attempt()
    if ('deferral' in made) return this.#defer(made.deferral)
    // An earlier process reached the tool, so the effect of the call is unknown.
    const wasReached = made.state === 'not_started' && previous?.state === 'started'
    const attempt: Attempt = wasReached ? { ...made, state: 'unknown' } : made
    if (this.#phase.type !== 'settled') return this.#settle(attempt)
    if (!this.#phase.isRecorded) recordEnd(this, this.#cell, attempt)
  }

  #settle(attempt: Attempt): void {
    const { result, state } = attempt
    this.#phase = settled
    this.#cell.onSettled(this)
    // `replay` treats a journaled result without a ledger state as a result of the tool, so `unknown` is recorded first.
    const isRecordedFirst = state === 'unknown'
    if (isRecordedFirst) recordEnd(this, this.#cell, attempt)
    this.#emitEnded(result)
    this.#cell.followers.onCall(() => endedCall(this, result))
    this.#cell.respond(this.id, result)
    if (state === 'not_started') recordRefused(this, this.#cell, result.body)
    if (!isRecordedFirst) recordEnd(this, this.#cell, attempt)
  }

  /** Calls the tool after validation, approval and the record of the start. */
  async #attempt(): Promise<Attempt | Deferred> {
    const { limits, inputChecks } = this.#cell.services
    const context = this.#context()
    let input: unknown
    try {
      input = parseCallInput(this.tool, this.input, limits)
      const misfit = inputChecks.refusalOf(this.identifier, this.tool, input)
      if (misfit !== null) throw new TypeError(misfit)
      // The timeout of the tool does not include the approval.
      const approval = this.#approve(input, context)
      if (approval !== null) await approval
      context.signal.throwIfAborted()
      this.#recordStart()
    } catch (error) {
      return { state: 'not_started', result: this.#errorResult(error) }
    }
    const barrier = this.#cell.init.store.barrier()
    if (barrier !== null) {
      this.#phase = starting
      const refused = await this.#refusalAt(barrier)
      if (refused !== null) return refused
    }
    this.#phase = calling
    // Not awaited, so that this function retains nothing while the tool runs.
    return this.#callTool(input, context)
  }

  /** Waits until the start is on record. Returns the failed attempt when the tool must not be called; otherwise null. */
  async #refusalAt(barrier: Promise<void>): Promise<Attempt | null> {
    try {
      await barrier
      // A call that was cancelled at the barrier has been recorded.
      return this.#phase.type === 'starting' ? null : this.#uncalled(new TypeError(uncalledNote))
    } catch (cause) {
      return this.#uncalled(this.#notCalled(cause))
    }
  }

  /** Returns the attempt of a call with a recorded start that did not reach its tool. */
  #uncalled(error: Error): Attempt {
    return { state: this.#uncalledState, result: this.#errorResult(error) }
  }

  /** An earlier process can have reached the tool. */
  get #uncalledState(): CallState {
    return this.#previous?.state === 'started' ? 'unknown' : 'failed'
  }

  #notCalled(cause: unknown): TypeError {
    return new TypeError(`tool \`${this.identifier}\` was not called: ${messageOf(cause)}`, { cause })
  }

  #context(): ToolCallContext {
    const { cellId, execCallId, store } = this.#cell.init
    const {
      clock,
      store: { epoch },
    } = this.#cell.services
    const { signal } = this.#controller
    const key = store.ledger.keyOf(this.id)
    const defer: ToolCallContext['defer'] = (options) => {
      if (this.#phase.type === 'calling') return this.#deferral.request(key, options, clock.now())
      throw new TypeError('Cannot defer the call: its tool is not running')
    }
    return { cellId, callId: `tool-${this.id}`, execCallId, key, epoch, signal, defer }
  }

  /** Requests approval if it is needed. A call that an earlier process started was approved, unless its tool has changed. */
  #approve(input: unknown, context: ToolCallContext): Promise<void> | null {
    const { approvals } = this.#cell
    if (this.#previous?.state === 'started' && approvals.holds(this)) return null
    return approvals.check(this, input, context)
  }

  /** Records the start before the tool is called. A call that cannot be recorded fails. */
  #recordStart(): void {
    try {
      recordStart(this, this.#cell)
    } catch (cause) {
      throw this.#notCalled(cause)
    }
  }

  async #callTool(input: unknown, context: ToolCallContext): Promise<Attempt | Deferred> {
    const { limits } = this.#cell.services
    let returned: unknown
    let result: unknown
    try {
      returned = this.tool.call(input, context)
      // Synchronous results are delivered synchronously, in the order of the calls.
      result = isThenable(returned) ? await this.#awaitResult(returned) : returned
    } catch (error) {
      ignoreRejection(returned)
      ignoreRejection(error)
      return { state: isThrown(error, NoResult) ? 'unknown' : stateAfter(error), result: this.#errorResult(error) }
    }
    try {
      const deferral = this.#deferral.taken(this.identifier, result)
      if (deferral !== null) return { deferral }
      const body = resultJson(result, limits)
      return { state: isRefusal(this.tool, result) ? 'failed' : 'applied', result: { type: 'tool_response', body } }
    } catch (error) {
      return { state: 'applied', result: this.#errorResult(error) }
    }
  }

  /** Records that the result arrives later. The ledger states `unknown` when the cell has ended while the tool ran. */
  #defer(deferral: DeferralRequest): void {
    if (this.#phase.type === 'settled') return
    this.#cell.init.store.ledger.recordDeferred(this.id, deferral)
    this.#awaitProvided(deferral)
  }

  /** Continues to wait for the result of a call that an earlier process made, which can have arrived in between. */
  #resumeDeferred(deferral: Deferral): void {
    const provided = this.#cell.init.store.ledger.provided(this.id)
    if (provided !== null) return this.#settle(attemptOf(provided))
    const { expiresAt } = deferral
    if (expiresAt !== null && expiresAt <= this.#cell.services.clock.now())
      return this.#settle(expiredAttempt(this.identifier, expiresAt))
    this.#awaitProvided(deferral)
  }

  #awaitProvided({ note, expiresAt }: DeferralRequest): void {
    const { services, init, followers, onDeferred } = this.#cell
    const key = init.store.ledger.keyOf(this.id)
    const call = { key, callId: `tool-${this.id}`, tool: this.identifier, note, expiresAt }
    this.#phase = { type: 'deferred', call }
    services.deferredCalls.add({
      key,
      tool: this.tool,
      expiresAt,
      barrier: () => init.store.barrier(),
      onProvided: (provided) => this.#endDeferred(attemptOf(provided)),
      onExpired: () => this.#endDeferred(expiredAttempt(this.identifier, expiresAt ?? 0)),
    })
    services.feed?.emit({ type: 'nested_call_deferred', cellId: init.cellId, callId: call.callId, note, expiresAt })
    followers.onCall(() => deferredCall(call))
    onDeferred()
  }

  #endDeferred(attempt: Attempt): void {
    if (this.#phase.type !== 'deferred') return
    this.#cell.services.deferredCalls.remove(this.#phase.call.key)
    this.#settle(attempt)
  }

  /** Waits for a promised result until the call times out or is cancelled. After that, the tool retains nothing of the cell. */
  #awaitResult(promised: unknown): Promise<unknown> {
    const { id, tool } = this
    const { limits } = this.#cell.services
    const { ledger } = this.#cell.init.store
    // One promise instead of a race uses less memory while many calls wait.
    return new Promise((resolve, reject) => {
      const pending = new PendingResult({ id, tool, ledger, limits }, promised, { resolve, reject })
      if (this.#phase.type === 'calling') this.#phase = { type: 'calling', pending }
      const timer = setTimeout(() => {
        const text = limitText('tool_timeout_ms', limits.toolTimeoutMs, limits.toolTimeoutMs)
        pending.reject(new NoResult(text))
        this.#controller.abort(abortReason(text, 'TimeoutError'))
      }, limits.toolTimeoutMs)
      unref(timer)
      pending.onDone = () => clearTimeout(timer)
    })
  }

  #errorResult(error: unknown): CallResult {
    const { maxErrorChars } = this.#cell.services.limits
    return { type: 'tool_error', body: shortenedText(messageOf(error), maxErrorChars).toWellFormed() }
  }

  /** Records that the call waits for a decision. A later process compares its run with this record. */
  recordPending(): void {
    recordPending(this, this.#cell)
  }

  #emitEnded(end: NestedCallEnd): void {
    const { cellId } = this.#cell.init
    this.#cell.services.feed?.emit({ type: 'nested_call_ended', cellId, callId: `tool-${this.id}`, end })
  }

  /** Settles a call of a cell that has ended, and aborts the signal of its tool. */
  cancel(): void {
    const phase = this.#phase
    const isCalling = phase.type === 'calling'
    const { ledger } = this.#cell.init.store
    this.#phase = isCalling ? cancelled : settled
    if (phase.type === 'deferred') this.#cell.services.deferredCalls.remove(phase.call.key)
    this.#emitEnded({ type: 'cancelled' })
    this.#cell.followers.onCall(() => endedCall(this, { type: 'cancelled' }))
    if (phase.type === 'starting') {
      ledger.recordEnd(this.id, { state: this.#uncalledState, note: uncalledNote, result: null })
    }
    if (phase.type === 'deferred') {
      const note = 'the cell ended before the result of the call was provided'
      ledger.recordEnd(this.id, { state: 'unknown', note, result: null })
    }
    if (isCalling) {
      const note = 'the cell ended before the tool returned'
      ledger.recordEnd(this.id, { state: 'unknown', note, result: null })
      phase.pending?.reject(new NoResult(note))
    }
    this.#controller.abort(abortReason('code mode nested tool call cancelled'))
  }

  /** Leaves the call to the next process that opens the session, and records nothing further. */
  abandon(reason: DOMException): void {
    const phase = this.#phase
    this.#phase = settled
    // The signal does not abort the work behind a deferred call: the next process needs its result.
    if (phase.type === 'deferred') return this.#cell.services.deferredCalls.remove(phase.call.key)
    if (phase.type === 'calling') {
      phase.pending?.forget()
      phase.pending?.reject(new NoResult('the cell ended before the tool returned'))
    }
    this.#controller.abort(reason)
  }
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
