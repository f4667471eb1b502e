import type { CellLedger, LedgerEntry } from '../../storage/ledger.ts'
import { ownCopy } from '../../storage/truncated-input.ts'
import type { CellProgress } from '../../storage/session-store.ts'
import { abortReason } from '../../protocol/abort-reason.ts'
import type { NestedCallEnd, SourceLocation } from '../../events/session-event.ts'
import type { CellEvent } from '../../protocol/event.ts'
import type { Catalogue } from '../../tools/catalogue.ts'
import type { Tool, ToolCallContext } from '../../tools/tool.ts'
import type { EventFeed } from '../event-feed.ts'
import type { AskingCell, SessionApprovals } from '../approvals/session-approvals.ts'
import type { CellFollowers } from '../following/cell-followers.ts'
import { endedCall, startedCall, type CallEvent } from '../following/call-events.ts'
import { attemptCall, type Attempt, type NestedCall, type ToolAnswer } from './attempt-call.ts'
import { LateAnswer } from './awaited-answer.ts'
import type { InputChecks } from './input-validation.ts'
import type { Limits } from '../limits.ts'
import { settledWithin } from '../cell/settled-within.ts'
import { isReadOnly, isRepeatable } from './tool-effects.ts'

export type NestedCallsOptions = {
  readonly cellId: string
  readonly execCallId: string | null
  readonly catalogue: Catalogue
  readonly limits: Limits
  readonly approvals: SessionApprovals
  readonly asking: Omit<AskingCell, 'onRecord'>
  readonly inputChecks: InputChecks
  readonly feed: EventFeed | null
  readonly followers: CellFollowers
  readonly ledger: CellLedger
  /** Throws while the journal of the cell cannot be written. */
  readonly flush: () => void
  readonly answered: (id: number, answer: ToolAnswer) => void
}

type ToolCallEvent = Extract<CellEvent, { readonly type: 'tool_call' }>

/** A call that is not answered. `isReached`: its tool was called. */
type Running = {
  readonly call: NestedCall
  readonly controller: AbortController
  readonly late: LateAnswer
  isReached: boolean
  done: Promise<void>
}

/** The nested tool calls of one cell: each reaches its tool once, and is answered at most once. */
export class NestedCalls {
  readonly #options: NestedCallsOptions
  readonly #running = new Map<number, Running>()
  /** Null once the cell has caught up: it holds all answers. */
  #memory: CellProgress | null
  /** The ledger may know calls that the journal does not: a crash of the machine may have taken its end. */
  readonly #isOpenedAgain: boolean
  /** Calls that begin when the cell has caught up with its journal. */
  #held: (() => void)[] = []
  #made = 0
  #argumentBytes = 0

  /** With what is known of the calls of an earlier process, calls wait until `resume`. */
  constructor(options: NestedCallsOptions, memory: CellProgress | null) {
    this.#options = options
    this.#memory = memory
    this.#isOpenedAgain = memory !== null
  }

  /** Calls that are not answered yet. */
  get size(): number {
    return this.#running.size
  }

  /** Calls that the cell has made. */
  get made(): number {
    return this.#made
  }

  /** The tools of the calls that are not answered yet, one for each call. */
  get unanswered(): readonly string[] {
    return [...this.#running.values()].map(({ call }) => call.identifier)
  }

  /** The calls that are not answered yet, as those who follow the cell are told of them. */
  underWay(): readonly CallEvent[] {
    return [...this.#running.values()].map(({ call }) => startedCall(call))
  }

  /** Length of the inputs of the calls that are not answered yet, in characters. */
  get argumentBytes(): number {
    return this.#argumentBytes
  }

  /**
   * Makes the call a cell asked for. `impossible`: the cell's host speaks of a call or a tool that cannot be. `diverged`: the
   * call of this number was another one when the cell ran before.
   */
  make(
    { id, tool: identifier, body: input }: ToolCallEvent,
    place: SourceLocation | null,
  ): 'made' | 'impossible' | 'diverged' {
    const { catalogue, ledger } = this.#options
    const tool = catalogue.find(identifier)
    if (tool === undefined || id !== this.#made + 1) return 'impossible'
    const before = this.#isOpenedAgain ? ledger.find(id) : null
    if (before !== null && (before.identifier !== identifier || !ledger.isSameInput(id, input))) return 'diverged'
    this.#made = id
    const call: NestedCall = { id, identifier, tool, input, location: place }
    this.#tellStart(call)
    const answer = this.#memory?.responses.get(id)
    if (answer === undefined) this.#begin(call, before)
    else this.#passOver(id, before, answer)
    return 'made'
  }

  /** The cell has caught up: the calls that have no answer go on, in order. */
  resume(): void {
    this.#memory = null
    const held = this.#held
    this.#held = []
    for (const begin of held) begin()
  }

  #begin(call: NestedCall, before: LedgerEntry | null): void {
    const { ledger, limits, followers } = this.#options
    const running: Running = {
      call,
      controller: new AbortController(),
      late: new LateAnswer(ledger, call.id, call.tool, limits),
      isReached: false,
      done: Promise.resolve(),
    }
    this.#running.set(call.id, running)
    this.#argumentBytes += call.input.length
    followers.call(() => startedCall(call))
    const begin = (): void => {
      running.done = this.#run(call, running, before)
    }
    if (this.#memory === null) begin()
    else this.#held.push(begin)
  }

  /** The cell knows the answer. Only the ledger may not: the process ended between the two. */
  #passOver(id: number, before: LedgerEntry | null, answer: ToolAnswer): void {
    if (before?.state === 'started') {
      this.#end(id, { answer, state: answer.type === 'tool_response' ? 'applied' : 'failed' })
    }
    this.#tellEnd(id, answer)
  }

  async #run(call: NestedCall, running: Running, before: LedgerEntry | null): Promise<void> {
    const { id } = call
    const lost = before === null || mayBeMade(call.tool, before) ? null : before
    const made = lost === null ? await this.#attempt(call, running, before) : this.#lost(call, lost)
    // An earlier process has reached the tool, whatever came of this attempt.
    const isLeft = made.state === 'not_started' && before?.state === 'started'
    const attempt: Attempt = isLeft ? { ...made, state: 'unknown' } : made
    if (!this.#leave(id)) {
      // The cell has ended; what came of the call is worth knowing all the same.
      if (running.isReached) this.#end(id, attempt)
      return
    }
    // An answer on record without its state is taken for what the tool said.
    const isToldFirst = attempt.state === 'unknown'
    if (isToldFirst) this.#end(id, attempt)
    this.#tellEnd(id, attempt.answer)
    this.#options.followers.call(() => endedCall(call, attempt.answer))
    this.#options.answered(id, attempt.answer)
    if (attempt.state === 'not_started') this.#refused(call, attempt.answer.body)
    if (!isToldFirst) this.#end(id, attempt)
  }

  /** The call is not under way any more. False: it was not. */
  #leave(id: number): boolean {
    const running = this.#running.get(id)
    if (running === undefined) return false
    this.#argumentBytes -= running.call.input.length
    return this.#running.delete(id)
  }

  /** A call that reached its tool in an earlier process, which cannot be asked again. */
  #lost({ identifier }: NestedCall, { state, key }: LedgerEntry): Attempt {
    const isOver = state === 'applied' || state === 'failed'
    const what = isOver ? `call was ${state}, and its answer is lost` : 'outcome of this call is unknown'
    const body = `tool \`${identifier}\`: the ${what}: the process ended before the answer was on record; the call is not made again (key ${key})`
    return { state: isOver ? state : 'unknown', answer: { type: 'tool_error', body } }
  }

  #attempt(call: NestedCall, running: Running, before: LedgerEntry | null): Promise<Attempt> {
    const { ledger, limits, inputChecks, flush, approvals } = this.#options
    const { controller } = running
    const wasReached = before?.state === 'started'
    return attemptCall(call, this.#contextOf(call, controller.signal), controller, {
      ledger,
      limits,
      inputChecks,
      flush,
      // A call that has reached its tool was allowed: nobody is asked about it again, unless the tool is another one now.
      approve: (asked, value, context) =>
        wasReached && approvals.holds(context, asked) ? null : this.#approve(asked, value, context),
      reached: () => {
        running.isReached = true
      },
      late: running.late,
    })
  }

  #contextOf({ id }: NestedCall, signal: AbortSignal): ToolCallContext {
    const { cellId, execCallId, ledger } = this.#options
    return { cellId, callId: `tool-${id}`, execCallId, key: ledger.keyOf(id), signal }
  }

  #approve(call: NestedCall, value: unknown, context: ToolCallContext): Promise<void> | null {
    const { approvals, asking, ledger, flush } = this.#options
    const { id, identifier, input, location: place } = call
    const onRecord = (): void => {
      // What a person is shown, a later run is held against.
      flush()
      ledger.recordPending({
        call: id,
        identifier,
        input,
        location: place,
        isRevertible: false,
        isReadOnly: isReadOnly(call.tool),
      })
    }
    return approvals.check(call, value, context, { ...asking, onRecord })
  }

  /** A call that never reached its tool is on the ledger too. */
  #refused(call: NestedCall, reason: string): void {
    const { id, identifier, input, location: place } = call
    const { ledger, approvals } = this.#options
    approvals.refused(ledger.keyOf(id), reason)
    if (ledger.find(id) !== null) return
    try {
      ledger.recordPending({
        call: id,
        identifier,
        input,
        location: place,
        isRevertible: false,
        isReadOnly: isReadOnly(call.tool),
      })
    } catch {
      // Nothing has happened that would have to be known.
    }
  }

  #end(id: number, { state, answer }: Attempt): void {
    const isResponse = answer.type === 'tool_response'
    this.#options.ledger.recordEnd(id, {
      state,
      note: isResponse ? null : ownCopy(answer.body.slice(0, maxNote)),
      result: isResponse ? answer.body : null,
    })
  }

  #tellStart({ id, identifier, tool, input, location: place }: NestedCall): void {
    const { name, namespace = null, kind = 'function', server = null } = tool
    this.#options.feed?.emit({
      type: 'nested_call_started',
      cellId: this.#options.cellId,
      callId: `tool-${id}`,
      identifier,
      name,
      namespace,
      kind,
      server,
      input,
      location: place,
    })
  }

  #tellEnd(id: number, end: NestedCallEnd): void {
    this.#options.feed?.emit({
      type: 'nested_call_ended',
      cellId: this.#options.cellId,
      callId: `tool-${id}`,
      end,
    })
  }

  /** Tells every tool that its answer is not wanted any more; late answers go nowhere. */
  cancel(): void {
    const calls = [...this.#running]
    if (this.#isOpenedAgain) this.#leaveBehind()
    if (this.#isOpenedAgain) this.#options.approvals.ended(this.#options.cellId)
    this.#running.clear()
    this.#argumentBytes = 0
    this.#held = []
    for (const [id, { call, controller, isReached }] of calls) {
      this.#tellEnd(id, { type: 'cancelled' })
      this.#options.followers.call(() => endedCall(call, { type: 'cancelled' }))
      if (isReached) this.#nobodyKnows(id, 'the cell ended before the tool answered')
      controller.abort(abortReason('code mode nested tool call cancelled'))
    }
  }

  /** Calls that an earlier process started, and that the cell has not come to again: it never will. */
  #leaveBehind(): void {
    const { ledger } = this.#options
    for (const { callId, state } of ledger.list()) {
      const id = Number(callId.slice('tool-'.length))
      const isAhead = id > this.#made || this.#running.get(id)?.isReached === false
      if (state === 'started' && isAhead) this.#nobodyKnows(id, 'the cell ended before it came to this call again')
    }
  }

  #nobodyKnows(id: number, note: string): void {
    this.#options.ledger.recordEnd(id, { state: 'unknown', note, result: null })
  }

  /**
   * The process will end, and the cell go on in another one: calls that wait for somebody are left as they are, calls of
   * tools have some time to be answered.
   */
  async suspend(graceMs: number): Promise<void> {
    this.#held = []
    const calls = [...this.#running.values()]
    const leave = abortReason('the session was closed')
    for (const [id, { isReached, controller }] of this.#running) {
      if (isReached) continue
      this.#running.delete(id)
      controller.abort(leave)
    }
    await settledWithin(
      calls.filter(({ isReached }) => isReached).map(({ done }) => done),
      graceMs,
    )
    const late = [...this.#running.values()]
    this.#running.clear()
    for (const running of late) {
      // Whatever comes of it now nobody can write down.
      running.isReached = false
      running.late.forget()
      running.controller.abort(leave)
    }
  }
}

/** The longest text of an error on the ledger, in characters. */
const maxNote = 2000

/** Whether a call that an earlier process knew may be made now. Of one that is `unknown` the cell may have been told so already. */
function mayBeMade(tool: Tool, { state }: LedgerEntry): boolean {
  return state === 'not_started' || (state !== 'unknown' && isRepeatable(tool))
}
