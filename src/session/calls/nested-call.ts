import { isThrown, messageOf } from '../../errors.ts'
import type { CallState, LedgerCall, LedgerEntry } from '../../storage/ledger.ts'
import { ownCopy } from '../../storage/truncated-input.ts'
import { abortReason } from '../../protocol/abort-reason.ts'
import type { NestedCallEnd, SourceLocation } from '../../events/session-event.ts'
import { limitText } from '../../protocol/cell-limits.ts'
import type { Tool, ToolCallContext } from '../../tools/tool.ts'
import { ignoreRejection } from '../../protocol/guarded-calls.ts'
import type { CellApprovals } from '../approvals/cell-approvals.ts'
import { shortenedText } from '../error-text.ts'
import { endedCall, startedCall } from '../following/call-events.ts'
import type { CellFollowers } from '../following/cell-followers.ts'
import type { CellInit, SessionServices } from '../session-services.ts'
import { parseCallInput } from './call-input.ts'
import { PendingResult } from './pending-result.ts'
import { resultJson } from './result-json.ts'
import { isOutcomeUnknown, isReadOnly, isRefusal, isRepeatable } from './tool-effects.ts'

/** The result of a call as its cell receives it: JSON text, or the text of an error. */
export type CallResult = Exclude<NestedCallEnd, { readonly type: 'cancelled' }>

/** The program's request for a call. */
export type CallRequest = {
  readonly id: number
  readonly identifier: string
  readonly tool: Tool
  /** JSON text, empty when the program passed nothing. */
  readonly input: string
  readonly location: SourceLocation | null
}

/** The cell of nested calls; all calls of a cell share this object. */
export type CallingCell = {
  readonly services: SessionServices
  readonly init: CellInit
  readonly approvals: CellApprovals
  readonly followers: CellFollowers
  /** Gives the program the result of a call. */
  readonly respond: (id: number, result: CallResult) => void
  /** Called when a call is settled, before the program has the result. */
  readonly onSettled: (call: NestedCall) => void
}

/** The result of an attempt, and what is known about the effect of the call. */
type Attempt = { readonly result: CallResult; readonly state: CallState }

type Phase =
  /** The cell replays its journal; the call starts after the replay. */
  | { readonly type: 'queued' }
  | { readonly type: 'awaiting-approval' }
  /** The tool was called. `pending` is the result that it promised, if it promised one. */
  | { readonly type: 'calling'; readonly pending: PendingResult | null }
  /** `isRecorded` is false for a call that was cancelled while its tool ran: the ledger still gets its outcome. */
  | { readonly type: 'settled'; readonly isRecorded: boolean }

const awaitingApproval: Phase = { type: 'awaiting-approval' }
const calling: Phase = { type: 'calling', pending: null }
const settled: Phase = { type: 'settled', isRecorded: true }
const cancelled: Phase = { type: 'settled', isRecorded: false }

/** The longest text of an error on the ledger, in characters. */
const maxNoteChars = 2000

/** One nested tool call of a cell: it reaches its tool at most once, and is answered at most once. */
export class NestedCall implements CallRequest {
  readonly id: number
  readonly identifier: string
  readonly tool: Tool
  readonly input: string
  readonly location: SourceLocation | null
  readonly #cell: CallingCell
  /** The record of the call in an earlier process. */
  readonly #before: LedgerEntry | null
  readonly #controller = new AbortController()
  #phase: Phase = { type: 'queued' }
  #done: Promise<void> = Promise.resolve()

  constructor({ id, identifier, tool, input, location }: CallRequest, before: LedgerEntry | null, cell: CallingCell) {
    this.id = id
    this.identifier = identifier
    this.tool = tool
    this.input = input
    this.location = location
    this.#before = before
    this.#cell = cell
  }

  /** Whether the tool was called and the call is not settled. */
  get isCalling(): boolean {
    return this.#phase.type === 'calling'
  }

  /** Resolves when the call is settled. */
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

  /** Settles a call whose result is in the journal. The ledger may miss it: the process ended between the two. */
  replay(result: CallResult): void {
    this.#phase = settled
    if (this.#before?.state === 'started') {
      this.#record({ result, state: result.type === 'tool_response' ? 'applied' : 'failed' })
    }
    this.#emitEnded(result)
  }

  /** Followers receive the call when it is in the list of calls. */
  announce(): void {
    this.#cell.followers.onCall(() => startedCall(this))
  }

  start(): void {
    this.#phase = awaitingApproval
    this.#done = this.#run()
  }

  async #run(): Promise<void> {
    const before = this.#before
    const isLost = before !== null && !mayBeMade(this.tool, before)
    const made = isLost ? lostAttempt(before) : await this.#attempt()
    // An earlier process has reached the tool, whatever this attempt resulted in.
    const wasReached = made.state === 'not_started' && before?.state === 'started'
    const attempt: Attempt = wasReached ? { ...made, state: 'unknown' } : made
    if (this.#phase.type !== 'settled') return this.#settle(attempt)
    if (!this.#phase.isRecorded) this.#record(attempt)
  }

  #settle(attempt: Attempt): void {
    const { result, state } = attempt
    this.#phase = settled
    this.#cell.onSettled(this)
    // A journaled result without a state on the ledger counts as the result of the tool, so `unknown` is recorded first.
    const isRecordedFirst = state === 'unknown'
    if (isRecordedFirst) this.#record(attempt)
    this.#emitEnded(result)
    this.#cell.followers.onCall(() => endedCall(this, result))
    this.#cell.respond(this.id, result)
    if (state === 'not_started') this.#recordRefused(result.body)
    if (!isRecordedFirst) this.#record(attempt)
  }

  /** The tool is called only when the input is valid, the call is approved, and the ledger has its start. */
  async #attempt(): Promise<Attempt> {
    const { limits, inputChecks } = this.#cell.services
    const context = this.#context()
    let input: unknown
    try {
      input = parseCallInput(this.tool, this.input, limits)
      const misfit = inputChecks.refusalOf(this.identifier, this.tool, input)
      if (misfit !== null) throw new TypeError(misfit)
      // The time limit of the tool does not include the approval.
      const approval = this.#approve(input, context)
      if (approval !== null) await approval
      context.signal.throwIfAborted()
      this.#recordStart()
    } catch (error) {
      return { state: 'not_started', result: this.#errorResult(error) }
    }
    this.#phase = calling
    // Not awaited, so that this function holds nothing while the tool runs.
    return this.#callTool(input, context)
  }

  #context(): ToolCallContext {
    const { cellId, execCallId, store } = this.#cell.init
    const { signal } = this.#controller
    return { cellId, callId: `tool-${this.id}`, execCallId, key: store.ledger.keyOf(this.id), signal }
  }

  /** A call that reached its tool in an earlier process was approved: it needs no approval, unless the tool has changed. */
  #approve(input: unknown, context: ToolCallContext): Promise<void> | null {
    const { approvals } = this.#cell
    if (this.#before?.state === 'started' && approvals.holds(this)) return null
    return approvals.check(this, input, context)
  }

  /** Recorded before it happens; a call that cannot be recorded is not made. */
  #recordStart(): void {
    const { store } = this.#cell.init
    try {
      store.flush()
      store.ledger.recordStart(this.#ledgerCall(this.tool.revert !== undefined))
    } catch (cause) {
      throw new TypeError(`tool \`${this.identifier}\` was not called: ${messageOf(cause)}`, { cause })
    }
  }

  async #callTool(input: unknown, context: ToolCallContext): Promise<Attempt> {
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
      const isUnknown = isThrown(error, NoResult) || isOutcomeUnknown(error)
      return { state: isUnknown ? 'unknown' : 'failed', result: this.#errorResult(error) }
    }
    try {
      const body = resultJson(result, limits)
      return { state: isRefusal(this.tool, result) ? 'failed' : 'applied', result: { type: 'tool_response', body } }
    } catch (error) {
      return { state: 'applied', result: this.#errorResult(error) }
    }
  }

  /** Waits for a promised result until the call times out or is cancelled. From then on the tool holds nothing of the cell. */
  #awaitResult(promised: unknown): Promise<unknown> {
    const { id, tool } = this
    const { limits } = this.#cell.services
    const { ledger } = this.#cell.init.store
    // One promise and no race: many calls wait for a long time.
    return new Promise((resolve, reject) => {
      const pending = new PendingResult({ id, tool, ledger, limits }, promised, { resolve, reject })
      if (this.#phase.type === 'calling') this.#phase = { type: 'calling', pending }
      const timer = setTimeout(() => {
        const text = limitText('tool_timeout_ms', limits.toolTimeoutMs, limits.toolTimeoutMs)
        pending.giveUp(new NoResult(text))
        this.#controller.abort(abortReason(text, 'TimeoutError'))
      }, limits.toolTimeoutMs)
      timer.unref()
      pending.onLeft = () => clearTimeout(timer)
    })
  }

  #errorResult(error: unknown): CallResult {
    const { maxErrorChars } = this.#cell.services.limits
    return { type: 'tool_error', body: shortenedText(messageOf(error), maxErrorChars).toWellFormed() }
  }

  /** Records that the call waits for a decision. A later run is compared with what the approver is shown. */
  recordPending(): void {
    const { store } = this.#cell.init
    store.flush()
    store.ledger.recordPending(this.#ledgerCall(false))
  }

  /** A call that did not reach its tool is on the ledger too. */
  #recordRefused(reason: string): void {
    const { ledger } = this.#cell.init.store
    this.#cell.approvals.refused(ledger.keyOf(this.id), reason)
    if (ledger.find(this.id) !== null) return
    try {
      ledger.recordPending(this.#ledgerCall(false))
    } catch {
      // The call had no effect, so the record may be missing.
    }
  }

  #ledgerCall(isRevertible: boolean): LedgerCall {
    const { id, identifier, input, location, tool } = this
    return { call: id, identifier, input, location, isRevertible, isReadOnly: isReadOnly(tool) }
  }

  #record({ state, result }: Attempt): void {
    const isResponse = result.type === 'tool_response'
    this.#cell.init.store.ledger.recordEnd(this.id, {
      state,
      note: isResponse ? null : ownCopy(result.body.slice(0, maxNoteChars)),
      result: isResponse ? result.body : null,
    })
  }

  #emitEnded(end: NestedCallEnd): void {
    const { cellId } = this.#cell.init
    this.#cell.services.feed?.emit({ type: 'nested_call_ended', cellId, callId: `tool-${this.id}`, end })
  }

  /** Settles a call of a cell that has ended, and aborts the signal of its tool. */
  cancel(): void {
    const phase = this.#phase
    const isCalling = phase.type === 'calling'
    this.#phase = isCalling ? cancelled : settled
    this.#emitEnded({ type: 'cancelled' })
    this.#cell.followers.onCall(() => endedCall(this, { type: 'cancelled' }))
    if (isCalling) {
      const note = 'the cell ended before the tool answered'
      this.#cell.init.store.ledger.recordEnd(this.id, { state: 'unknown', note, result: null })
      phase.pending?.giveUp(new NoResult(note))
    }
    this.#controller.abort(abortReason('code mode nested tool call cancelled'))
  }

  /** Leaves the call to the process that opens the session next: nothing more is recorded here. */
  abandon(reason: DOMException): void {
    const phase = this.#phase
    this.#phase = settled
    if (phase.type === 'calling') {
      phase.pending?.forget()
      phase.pending?.giveUp(new NoResult('the cell ended before the tool answered'))
    }
    this.#controller.abort(reason)
  }
}

/** The result of the call is not awaited, so the effect of the call is unknown. */
class NoResult extends TypeError {}

/** Whether a call that an earlier process recorded may be made. The program may already know of an `unknown` one. */
function mayBeMade(tool: Tool, { state }: LedgerEntry): boolean {
  return state === 'not_started' || (state !== 'unknown' && isRepeatable(tool))
}

/** The attempt of a call that reached its tool in an earlier process, which cannot be called again. */
function lostAttempt({ identifier, state, key }: LedgerEntry): Attempt {
  const isOver = state === 'applied' || state === 'failed'
  const what = isOver ? `call was ${state}, and its answer is lost` : 'outcome of this call is unknown'
  const body = `tool \`${identifier}\`: the ${what}: the process ended before the answer was on record; the call is not made again (key ${key})`
  return { state: isOver ? state : 'unknown', result: { type: 'tool_error', body } }
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
