import type { CellProgress } from '../../storage/session-store.ts'
import type { CallsState } from '../../storage/snapshots/cell-state.ts'
import { abortReason } from '../../protocol/abort-reason.ts'
import type { SourceLocation } from '../../events/session-event.ts'
import type { CellEvent } from '../../protocol/event.ts'
import type { DeferredCall } from '../api/deferred-call.ts'
import { settledWithin } from '../common/timing.ts'
import { startedCall, type CallEvent } from '../following/call-events.ts'
import type { CallingCell, CallRequest } from './calling-cell.ts'
import { endOfResult } from './call-record.ts'
import { NestedCall } from './nested-call.ts'

type ToolCallEvent = Extract<CellEvent, { readonly type: 'tool_call' }>

/** The pending nested tool calls of one cell, by number. */
export class NestedCalls {
  readonly #cell: CallingCell
  readonly #calls = new Map<number, NestedCall>()
  /** The recorded progress of the cell; null for a new cell and after the replay. */
  #progress: CellProgress | null
  /** Whether an earlier process ran the cell. Its ledger can have calls that the journal lost in a crash of the machine. */
  readonly #isRestored: boolean
  /** Calls that start after the replay. */
  #queued: NestedCall[] = []
  #count = 0
  #pendingInputChars = 0

  /** With the progress of an earlier process, calls wait until `resume`. */
  constructor(cell: Omit<CallingCell, 'onSettled'>, progress: CellProgress | null) {
    this.#cell = { ...cell, onSettled: (call) => this.#remove(call) }
    this.#progress = progress
    this.#isRestored = progress !== null
  }

  /** The number of pending calls. */
  get size(): number {
    return this.#calls.size
  }

  /** The number of calls that the program has made, including settled ones. */
  get count(): number {
    return this.#count
  }

  /** The tool of each pending call. */
  get pendingTools(): readonly string[] {
    return [...this.#calls.values()].map(({ identifier }) => identifier)
  }

  /** The pending calls if all of them wait for results that arrive later; otherwise none. */
  get deferred(): readonly DeferredCall[] {
    const deferred: DeferredCall[] = []
    for (const call of this.#calls.values()) {
      if (call.deferred === null) return []
      deferred.push(call.deferred)
    }
    return deferred
  }

  /** Whether each pending call waits for a decision, or for a result that arrives later. */
  get onlyWait(): boolean {
    return this.#calls.values().every(({ onlyWaits }) => onlyWaits)
  }

  /** Total length of the inputs of the pending calls, in characters. */
  get pendingInputChars(): number {
    return this.#pendingInputChars
  }

  /** Returns the pending calls as events for followers. */
  startedCalls(): readonly CallEvent[] {
    return [...this.#calls.values()].map(startedCall)
  }

  /**
   * Starts the call that a program requested. Returns `impossible` for a call that no program can request: its host is compromised.
   * Returns `diverged` when the call differs from that of an earlier run.
   */
  make(
    { id, tool: identifier, body: input }: ToolCallEvent,
    location: SourceLocation | null,
  ): 'made' | 'impossible' | 'diverged' {
    const { tools, store } = this.#cell.init
    const { ledger } = store
    const tool = tools.catalogue.find(identifier)
    if (tool === undefined || id !== this.#count + 1) return 'impossible'
    const previous = this.#isRestored ? ledger.find(id) : null
    if (previous !== null && (previous.identifier !== identifier || !ledger.isSameInput(id, input))) return 'diverged'
    this.#count = id
    this.#add(new NestedCall({ id, identifier, tool, input, location }, previous, this.#cell))
    return 'made'
  }

  #add(call: NestedCall): void {
    call.emitStarted()
    const result = this.#progress?.responses.get(call.id)
    if (result === undefined) this.#begin(call)
    else call.replay(result)
  }

  /** The state for a snapshot. */
  get state(): CallsState {
    const pending = [...this.#calls.values()].map(({ id, identifier, input, location }) => {
      return { id, tool: identifier, input, location }
    })
    return { count: this.#count, pending }
  }

  /** Whether the calls of a snapshot have tools, and are those of the ledger. */
  canRestore({ count, pending }: CallsState): boolean {
    const { tools, store } = this.#cell.init
    return pending.every(({ id, tool, input }) => {
      if (id > count || tools.catalogue.find(tool) === undefined) return false
      const previous = store.ledger.find(id)
      return previous === null || (previous.identifier === tool && store.ledger.isSameInput(id, input))
    })
  }

  /** Continues with the calls of a snapshot, of which the journal can have results. */
  restore({ count, pending }: CallsState): void {
    const { tools, store } = this.#cell.init
    this.#count = count
    for (const { id, tool: identifier, input, location } of pending) {
      const tool = tools.catalogue.find(identifier)
      if (tool === undefined) continue
      this.#add(new NestedCall({ id, identifier, tool, input, location }, store.ledger.find(id), this.#cell))
    }
    this.#recordResults(count)
  }

  /** Records results of the journal that the ledger lacks, because the process ended between the two writes. */
  #recordResults(count: number): void {
    const { ledger } = this.#cell.init.store
    for (const id of ledger.unsettled()) {
      const result = this.#progress?.responses.get(id)
      if (id <= count && result !== undefined) ledger.recordEnd(id, endOfResult(result))
    }
  }

  #begin(call: NestedCall): void {
    this.#calls.set(call.id, call)
    this.#pendingInputChars += call.input.length
    call.announce()
    if (this.#progress === null) call.start()
    else this.#queued.push(call)
  }

  /** Starts the queued calls in order, after the replay. */
  resume(): void {
    this.#progress = null
    const queued = this.#queued
    this.#queued = []
    for (const call of queued) call.start()
  }

  #remove(call: CallRequest): void {
    if (this.#calls.delete(call.id)) this.#pendingInputChars -= call.input.length
  }

  /** Cancels all calls when the program has ended. */
  cancel(): void {
    const calls = [...this.#calls.values()]
    if (this.#isRestored) {
      this.#recordUnreached()
      this.#cell.approvals.ended()
    }
    this.#calls.clear()
    this.#pendingInputChars = 0
    this.#queued = []
    for (const call of calls) call.cancel()
  }

  /** Records the calls that an earlier process started and the replay has not reached. */
  #recordUnreached(): void {
    const { ledger } = this.#cell.init.store
    for (const { callId, state } of ledger.list()) {
      const id = Number(callId.slice('tool-'.length))
      const call = this.#calls.get(id)
      const isAhead = id > this.#count || (call?.isCalling === false && call.deferred === null)
      if ((state !== 'started' && state !== 'deferred') || !isAhead) continue
      ledger.recordEnd(id, {
        state: 'unknown',
        note: 'the cell ended before its replay reached this call',
        result: null,
      })
    }
  }

  /**
   * Leaves the calls to the next process that opens the session. Running tools have `graceMs` milliseconds to settle. Calls that wait
   * for a decision stay unchanged.
   */
  async suspend(graceMs: number): Promise<void> {
    this.#queued = []
    const reason = abortReason('the session was closed')
    const calling: Promise<void>[] = []
    for (const [id, call] of this.#calls) {
      if (call.isCalling) calling.push(call.done)
      else {
        this.#calls.delete(id)
        call.abandon(reason)
      }
    }
    await settledWithin(calling, graceMs)
    const late = [...this.#calls.values()]
    this.#calls.clear()
    for (const call of late) call.abandon(reason)
  }
}
