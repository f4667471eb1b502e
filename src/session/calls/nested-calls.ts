import type { CellProgress } from '../../storage/session-store.ts'
import { abortReason } from '../../protocol/abort-reason.ts'
import type { SourceLocation } from '../../events/session-event.ts'
import type { CellEvent } from '../../protocol/event.ts'
import { settledWithin } from '../timing.ts'
import { startedCall, type CallEvent } from '../following/call-events.ts'
import { NestedCall, type CallingCell } from './nested-call.ts'

type ToolCallEvent = Extract<CellEvent, { readonly type: 'tool_call' }>

/** The nested tool calls of one cell that are not settled, by number. */
export class NestedCalls {
  readonly #cell: CallingCell
  readonly #calls = new Map<number, NestedCall>()
  /** The results of an earlier process; null once the cell has replayed its journal. */
  #memory: CellProgress | null
  /** The ledger may have calls that the journal has not: a crash of the machine may have taken the end of the journal. */
  readonly #isOpenedAgain: boolean
  /** Calls that start when the cell has replayed its journal. */
  #queued: NestedCall[] = []
  #made = 0
  #argumentBytes = 0

  /** With the memory of an earlier process, calls wait until `resume`. */
  constructor(cell: Omit<CallingCell, 'onSettled'>, memory: CellProgress | null) {
    this.#cell = { ...cell, onSettled: (call) => this.#remove(call) }
    this.#memory = memory
    this.#isOpenedAgain = memory !== null
  }

  /** The number of calls that are not settled. */
  get size(): number {
    return this.#calls.size
  }

  /** The number of calls that the program has made. */
  get made(): number {
    return this.#made
  }

  /** The tools of the calls that are not settled, one for each call. */
  get unanswered(): readonly string[] {
    return [...this.#calls.values()].map(({ identifier }) => identifier)
  }

  /** Length of the inputs of the calls that are not settled, in characters. */
  get argumentBytes(): number {
    return this.#argumentBytes
  }

  /** Returns the calls that are not settled, as followers receive them. */
  underWay(): readonly CallEvent[] {
    return [...this.#calls.values()].map(startedCall)
  }

  /**
   * Makes the call that a program asked for. `impossible`: no program can ask for this call or tool, so its host is damaged.
   * `diverged`: an earlier run of the program made another call of this number.
   */
  make(
    { id, tool: identifier, body: input }: ToolCallEvent,
    location: SourceLocation | null,
  ): 'made' | 'impossible' | 'diverged' {
    const { tools, store } = this.#cell.init
    const { ledger } = store
    const tool = tools.catalogue.find(identifier)
    if (tool === undefined || id !== this.#made + 1) return 'impossible'
    const before = this.#isOpenedAgain ? ledger.find(id) : null
    if (before !== null && (before.identifier !== identifier || !ledger.isSameInput(id, input))) return 'diverged'
    this.#made = id
    const call = new NestedCall({ id, identifier, tool, input, location }, before, this.#cell)
    call.emitStarted()
    const result = this.#memory?.responses.get(id)
    if (result === undefined) this.#begin(call)
    else call.replay(result)
    return 'made'
  }

  #begin(call: NestedCall): void {
    this.#calls.set(call.id, call)
    this.#argumentBytes += call.input.length
    call.announce()
    if (this.#memory === null) call.start()
    else this.#queued.push(call)
  }

  /** Starts the queued calls, in order: the cell has replayed its journal. */
  resume(): void {
    this.#memory = null
    const queued = this.#queued
    this.#queued = []
    for (const call of queued) call.start()
  }

  #remove(call: NestedCall): void {
    if (this.#calls.delete(call.id)) this.#argumentBytes -= call.input.length
  }

  /** Cancels all calls: the program is over. */
  cancel(): void {
    const calls = [...this.#calls.values()]
    if (this.#isOpenedAgain) {
      this.#leaveBehind()
      this.#cell.approvals.ended()
    }
    this.#calls.clear()
    this.#argumentBytes = 0
    this.#queued = []
    for (const call of calls) call.cancel()
  }

  /** Records calls that an earlier process started and that the program has not reached again. */
  #leaveBehind(): void {
    const { ledger } = this.#cell.init.store
    for (const { callId, state } of ledger.list()) {
      const id = Number(callId.slice('tool-'.length))
      const isAhead = id > this.#made || this.#calls.get(id)?.isCalling === false
      if (state !== 'started' || !isAhead) continue
      ledger.recordEnd(id, { state: 'unknown', note: 'the cell ended before it reached this call again', result: null })
    }
  }

  /**
   * Leaves the calls to the process that opens the session next. Calls of tools have some time to settle; calls that wait for a
   * decision are left as they are.
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
