import type { CellProgress } from '../../storage/session-store.ts'
import type { SourceLocation } from '../../events/session-event.ts'
import type { CellEvent } from '../../protocol/event.ts'
import type { HostRemarks } from '../../protocol/remark.ts'
import type { CellApprovals } from '../approvals/cell-approvals.ts'
import { excessText, type Excess } from '../calls/excess.ts'
import { NestedCalls } from '../calls/nested-calls.ts'
import { remarksOn } from '../calls/remarks.ts'
import type { CallEvent } from '../following/call-events.ts'
import type { CellFollowers } from '../following/cell-followers.ts'
import type { CellInit, SessionServices } from '../session-services.ts'
import { CellClock } from './cell-clock.ts'
import { deadlockText, divergedText, type Ending } from './cell-outcomes.ts'
import { itemOf, type CellOutput } from './cell-output.ts'
import { CellRuntime } from './cell-runtime.ts'
import type { RuntimeListener } from './runtime-services.ts'
import { EventQuota } from './event-quota.ts'
import { Notifications } from './notifications.ts'
import { boundedError } from '../error-text.ts'

/** The cell of a program. */
export type ProgramCell = {
  readonly output: CellOutput
  readonly followers: CellFollowers
  /** The program has started: yield times run. */
  readonly onStarted: () => void
  /** The program pauses, stalls, or waits for a decision: an observer should get a response. */
  readonly onPaused: () => void
  /** The program is over. */
  readonly onEnded: (ending: Ending) => void
}

type Phase =
  /** The program replays the journal of an earlier process. `hasPendingYield`: it has yielded output that was not delivered. */
  | { readonly type: 'replaying'; readonly hasPendingYield: boolean }
  /** `isStalled`: it waits, and no call or timer will ever wake it. */
  | { readonly type: 'running'; readonly isStalled: boolean }
  | { readonly type: 'over' }

const running: Phase = { type: 'running', isStalled: false }

/** The program of a cell: its runtime, and its calls, timers and notifications, which live as long as the session. */
export class CellProgram {
  readonly #services: SessionServices
  readonly #init: CellInit
  readonly #cell: ProgramCell
  readonly #approvals: CellApprovals
  readonly #calls: NestedCalls
  readonly #clock: CellClock
  readonly #notifications: Notifications
  readonly #quota: EventQuota
  readonly #listener: RuntimeListener = {
    onEvent: (event) => this.#onEvent(event),
    onHandled: (count) => this.#clock.onHandled(count),
    onRemarks: (remarks) => (this.#hostRemarks = remarks),
    onIdle: () => this.#onIdle(),
    onHostTrouble: (reason) => this.#onHostTrouble(reason),
  }
  #runtime: CellRuntime
  #phase: Phase
  /** The program as it runs: as given, or without its types. */
  #source: { readonly text: string; readonly isStripped: boolean }
  #writes: Map<string, string> | null = null
  /** Where the next event comes from. */
  #location: SourceLocation | null = null
  #hostTrouble: string | null = null
  #hostRemarks: HostRemarks | null = null
  readonly #onQuiet: (() => void)[] = []

  /** `memory` is the state of the program in an earlier process; null for a new program. */
  constructor(services: SessionServices, init: CellInit, memory: CellProgress | null, cell: ProgramCell) {
    const { followers } = cell
    this.#services = services
    this.#init = init
    this.#cell = cell
    this.#source = { text: init.source, isStripped: false }
    this.#phase = memory === null ? running : { type: 'replaying', hasPendingYield: false }
    this.#quota = new EventQuota(services.limits)
    this.#clock = new CellClock(init, memory, (id, time) => this.#runtime.send({ type: 'timeout_fired', time, id }))
    this.#approvals = services.approvals.forCell({
      cellId: init.cellId,
      source: init.source,
      stopClock: () => this.#clock.hold(),
      whenQuiet: (callback) => this.#whenQuiet(callback),
      onHeld: () => cell.onPaused(),
    })
    this.#calls = new NestedCalls(
      {
        services,
        init,
        followers,
        approvals: this.#approvals,
        respond: (id, { type, body }) => this.#runtime.send({ type, time: this.#clock.now(), id, body }),
      },
      memory,
    )
    this.#notifications = new Notifications(services, init, { delivered: memory?.notified ?? 0, followers })
    this.#runtime = this.#createRuntime(init.source)
  }

  #createRuntime(body: string): CellRuntime {
    const { cellId, start, store, tools: catalogue } = this.#init
    const journal = store.journal(body === start.body ? start : { ...start, body })
    return new CellRuntime(this.#services, { journal, catalogue, number: Number(cellId) }, this.#listener)
  }

  get isStalled(): boolean {
    return this.#phase.type === 'running' && this.#phase.isStalled
  }

  /** Why no host can be started for the program; null when it does not wait for a host. */
  get hostTrouble(): string | null {
    return this.#hostTrouble
  }

  get hasPendingApprovals(): boolean {
    return this.#approvals.hasPending
  }

  /** The values that the program stored, by key, as JSON text; null for none. */
  get writes(): ReadonlyMap<string, string> | null {
    return this.#writes
  }

  /** Returns the calls that are not settled, as followers receive them. */
  callsUnderWay(): readonly CallEvent[] {
    return this.#calls.underWay()
  }

  /** Runs the program from its beginning, through the commands of its journal. */
  start(): void {
    this.#runtime.start()
  }

  /** Withholds commands from the program, or lets it have them. */
  hold(isHeld: boolean): void {
    this.#runtime.hold(isHeld)
  }

  #onEvent(event: CellEvent): void {
    if (this.#phase.type === 'over') return
    if (event.type === 'place') return void (this.#location = { line: event.line, column: event.column })
    const location = this.#location
    this.#location = null
    this.#services.feed?.emit({ type: 'cell_emitted', cellId: this.#init.cellId, event, location })
    const { size: calls, argumentBytes } = this.#calls
    const underWay = { calls, argumentBytes, timers: this.#clock.size }
    if (!this.#quota.allows(event, underWay)) return this.#breach(`more of "${event.type}" than is allowed`)
    switch (event.type) {
      case 'started':
        if (this.#phase.type === 'running') this.#cell.onStarted()
        return
      case 'text':
      case 'image':
      case 'audio':
        return this.#failOn(this.#cell.output.add(itemOf(event)))
      case 'yield_requested':
        return this.#onYieldRequested()
      case 'tool_call':
        return this.#call(event, location)
      case 'timer_set':
        return this.#clock.set(event, this.#runtime.given)
      case 'timer_cleared':
        return this.#clock.clear(event.id)
      case 'notify':
        return this.#failOn(this.#notifications.send(event.body))
      case 'stored':
        return void (this.#writes ??= new Map()).set(event.key, event.body)
      case 'rejected':
        return void this.#retryAsTypeScript(event.body)
      case 'completed':
        return this.#end({ errorText: null, limit: null })
      case 'failed':
        return this.#end({ errorText: boundedError(event.body, this.#services.limits), limit: event.limit })
      default:
        return event satisfies never
    }
  }

  #onYieldRequested(): void {
    if (this.#phase.type !== 'replaying') return this.#cell.onPaused()
    // An earlier process has responded to the yield, unless output was left.
    this.#phase = { type: 'replaying', hasPendingYield: this.#cell.output.bytes > 0 }
  }

  #call(event: Extract<CellEvent, { readonly type: 'tool_call' }>, location: SourceLocation | null): void {
    const made = this.#calls.make(event, location)
    if (made === 'impossible') return this.#breach(`a call of "${event.tool}"`)
    if (made === 'diverged') this.#fail(divergedText(`call ${event.id} is not the one on the ledger`), null)
  }

  /** A source that does not compile as JavaScript may be TypeScript. Nothing of it has run. */
  async #retryAsTypeScript(errorText: string): Promise<void> {
    const stripped = this.#source.isStripped ? null : await this.#services.stripper.strip(this.#init.source)
    if (this.#phase.type === 'over') return
    if (stripped?.type === 'stripped') {
      this.#source = { text: stripped.source, isStripped: true }
      this.#runtime = this.#createRuntime(stripped.source)
      return this.#runtime.start()
    }
    const isUnsupported = stripped?.type === 'unsupported'
    this.#end({ errorText: isUnsupported ? `SyntaxError: ${stripped.reason}` : errorText, limit: null })
  }

  #failOn(excess: Excess | null): void {
    if (excess !== null) this.#fail(excessText(excess), excess.resource)
  }

  /** Kills the host: it reported what no program can do, so it cannot be trusted with any. */
  #breach(what: string): void {
    this.#runtime.killHost()
    const errorText = `exec runtime ended unexpectedly: its host reported ${what}, which is not possible`
    this.#end({ errorText, limit: null })
  }

  /** Ends the program from this side. */
  #fail(errorText: string, limit: Ending['limit']): void {
    void this.#runtime.terminate()
    this.#end({ errorText, limit })
  }

  /** The program has handled every command. If no call or timer is under way either, nothing will ever wake it. */
  #onIdle(): void {
    if (this.#phase.type === 'replaying') this.#onReplayed(this.#phase)
    // A call may have settled at once.
    if (this.#runtime.isBusy) return
    for (const callback of this.#onQuiet.splice(0)) callback()
    if (this.#phase.type !== 'running') return
    const { deadlock } = this.#services.options
    const isStalled = deadlock !== 'wait' && this.#calls.size === 0 && this.#clock.size === 0
    this.#phase = isStalled ? { type: 'running', isStalled } : running
    if (!isStalled) return
    if (deadlock === 'fail') return this.#fail(deadlockText, null)
    this.#cell.onPaused()
  }

  /** Resumes the calls and timers: the program has handled the commands of its journal. */
  #onReplayed({ hasPendingYield }: Extract<Phase, { readonly type: 'replaying' }>): void {
    this.#phase = running
    this.#clock.onReplayed(this.#approvals.pauses())
    this.#calls.resume()
    this.#cell.onStarted()
    if (hasPendingYield) this.#cell.onPaused()
  }

  #whenQuiet(callback: () => void): void {
    if (this.#runtime.isBusy) this.#onQuiet.push(callback)
    else callback()
  }

  #onHostTrouble(reason: string | null): void {
    if (reason === this.#hostTrouble) return
    this.#hostTrouble = reason
    if (reason !== null) this.#cell.followers.onYielded(false, reason)
    this.#init.store.recordHostWait(reason)
  }

  #end({ errorText, limit }: Omit<Ending, 'remarks'>): void {
    if (this.#phase.type === 'over') return
    this.#phase = { type: 'over' }
    const { made: callsMade, unanswered } = this.#calls
    const work = { source: this.#source.text, isCompleted: errorText === null, callsMade, unanswered }
    this.#cell.onEnded({ errorText, limit, remarks: remarksOn({ ...work, host: this.#hostRemarks }) })
  }

  /** Cancels the calls and timers of a program that is over, and calls back when its notifications are delivered. */
  finish(onDrained: () => void): void {
    this.#calls.cancel()
    this.#clock.clearAll()
    this.#notifications.whenDrained(onDrained)
  }

  /** Stops the program. Resolves when nothing of it runs. */
  async terminate(): Promise<void> {
    this.#phase = { type: 'over' }
    this.#calls.cancel()
    this.#clock.clearAll()
    this.#notifications.cancel()
    await this.#runtime.terminate()
  }

  /** Stops the program here, for the process that opens the session next. Its calls have some time to settle. */
  async suspend(graceMs: number): Promise<void> {
    this.#phase = { type: 'over' }
    this.#clock.clearAll()
    this.#notifications.suspend()
    await Promise.all([this.#runtime.suspend(), this.#calls.suspend(graceMs)])
  }
}
