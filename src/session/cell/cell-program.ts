import type { CellProgress } from '../../storage/session-store.ts'
import type { SourceLocation } from '../../events/session-event.ts'
import { missingEngineReason } from '../../protocol/engine-print.ts'
import type { CellEvent } from '../../protocol/event.ts'
import type { HostRemarks } from '../../protocol/remark.ts'
import type { CellApprovals } from '../approvals/cell-approvals.ts'
import { excessText, type Excess } from '../common/excess.ts'
import { NestedCalls } from '../calls/nested-calls.ts'
import { remarksOn } from '../calls/remarks.ts'
import type { CallEvent } from '../following/call-events.ts'
import type { CellWaits } from '../following/cell-waits.ts'
import type { CellFollowers } from '../following/cell-followers.ts'
import type { CellInit, SessionServices } from '../services/session-services.ts'
import { CellClock } from './cell-clock.ts'
import { deadlockText, divergedText, type Ending } from '../output/cell-outcomes.ts'
import { itemOf, type CellOutput } from '../output/cell-output.ts'
import { CellRuntime } from './cell-runtime.ts'
import { hasUndeliveredYield, restoreParts, stateJson, storedState, type StatefulParts } from './cell-state.ts'
import { DueYield } from './due-yield.ts'
import type { RuntimeListener } from '../services/runtime-services.ts'
import { EventQuota } from './event-quota.ts'
import { Notifications } from './notifications.ts'
import { boundedError } from '../common/error-text.ts'

/** The parts of a cell that its program uses. */
export type ProgramCell = {
  readonly output: CellOutput
  readonly followers: CellFollowers
  /** Called when the program has started, or cannot start for now. Yield times start then. */
  readonly onStarted: () => void
  /** Called when the program yields, stalls or waits for a decision. The observer gets a response then. */
  readonly onPaused: () => void
  /** Called when the program has ended. */
  readonly onEnded: (ending: Ending) => void
}

type Phase =
  /** The program replays the journal of an earlier process. `hasPendingYield`: the program yielded, and its output is undelivered. */
  | { readonly type: 'replaying'; readonly hasPendingYield: boolean }
  /** `isStalled`: the program waits, and no pending call or timer can wake it. */
  | { readonly type: 'running'; readonly isStalled: boolean }
  | { readonly type: 'ended' }

const running: Phase = { type: 'running', isStalled: false }

/** The program of a cell. Its calls, timers and notifications live in the session, and survive the loss of a host. */
export class CellProgram {
  readonly #services: SessionServices
  readonly #init: CellInit
  readonly #cell: ProgramCell
  readonly #approvals: CellApprovals
  readonly #calls: NestedCalls
  readonly #clock: CellClock
  readonly #notifications: Notifications
  readonly #quota: EventQuota
  readonly #dueYield = new DueYield()
  readonly #listener: RuntimeListener = {
    onEvent: (event) => this.#onEvent(event),
    onHandled: (count) => this.#onHandled(count),
    onRemarks: (remarks) => (this.#hostRemarks = remarks),
    onIdle: () => this.#onIdle(),
    onHostTrouble: (reason) => this.#onHostTrouble(reason),
    state: () => this.#state(),
  }
  #runtime: CellRuntime
  #phase: Phase
  /** The source that runs: the original one, or JavaScript without the types. */
  #source: { readonly text: string; readonly isStripped: boolean }
  #writes: Map<string, string> | null = null
  /** The number of output events before the last yield of the program; null without one. */
  #yieldedAt: number | null = null
  /** The location of the next event. */
  #location: SourceLocation | null = null
  #hostTrouble: string | null = null
  /** Whether the program waits for nothing but results of deferred calls. */
  #isResting = false
  #hostRemarks: HostRemarks | null = null
  readonly #onQuiet: (() => void)[] = []

  /** `progress` is the state of the program in an earlier process; null for a new program. */
  constructor(services: SessionServices, init: CellInit, progress: CellProgress | null, cell: ProgramCell) {
    const { followers } = cell
    this.#services = services
    this.#init = init
    this.#cell = cell
    this.#source = { text: init.source, isStripped: false }
    this.#phase = progress === null ? running : { type: 'replaying', hasPendingYield: false }
    this.#quota = new EventQuota(services.limits)
    this.#clock = new CellClock(services, init, progress, (id, time) =>
      this.#runtime.send({ type: 'timeout_fired', time, id }),
    )
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
        onDeferred: () => this.#rest(),
        respond: (id, { type, body }) => {
          this.#isResting = false
          this.#runtime.send({ type, time: this.#clock.now(), id, body })
        },
      },
      progress,
    )
    this.#notifications = new Notifications(services, init, { delivered: progress?.notified ?? 0, followers })
    this.#runtime = this.#createRuntime(init.source)
  }

  #createRuntime(body: string): CellRuntime {
    const { cellId, start, store, tools: catalogue } = this.#init
    const journal = store.journal(body === start.body ? start : { ...start, body })
    const { snapshot } = store
    return new CellRuntime(this.#services, { journal, catalogue, number: Number(cellId), snapshot }, this.#listener)
  }

  get isStalled(): boolean {
    return this.#phase.type === 'running' && this.#phase.isStalled
  }

  /** The reason that no host can be started; null when the program does not wait for a host. */
  get hostTrouble(): string | null {
    return this.#hostTrouble
  }

  get waits(): CellWaits {
    const deferredCalls = this.#isResting ? this.#calls.deferred : []
    return { isStalled: this.isStalled, hostTrouble: this.#hostTrouble, deferredCalls }
  }

  get hasPendingApprovals(): boolean {
    return this.#approvals.hasPending
  }

  /** Whether the program waits for a host with its engine, which another process may have. */
  get waitsForEngine(): boolean {
    const { engine } = this.#runtime
    return engine !== null && this.#hostTrouble === missingEngineReason(engine)
  }

  /** Whether the program waits for timers, decisions and results that arrive later, or for its engine, and for nothing else. */
  get onlyWaits(): boolean {
    if (this.#phase.type === 'ended' || this.#notifications.isDelivering) return false
    if (this.waitsForEngine) return this.#calls.onlyWait
    if (this.#phase.type !== 'running' || this.#hostTrouble !== null) return false
    return this.#runtime.isWaiting && this.#calls.onlyWait
  }

  /** The values that the program stored, as JSON by key; null for none. */
  get writes(): ReadonlyMap<string, string> | null {
    return this.#writes
  }

  /** Returns the pending calls as events for followers. */
  startedCalls(): readonly CallEvent[] {
    return this.#calls.startedCalls()
  }

  /** Runs the program from the start or from its snapshot, and replays its journal if it has one. */
  start(): void {
    // Listeners have not received the events before the snapshot.
    if (this.#phase.type === 'replaying' && this.#services.feed === null) this.#restore()
    this.#runtime.start()
  }

  /** Returns the state of the cell for later processes; null while it has none. */
  #state(): string | null {
    if (this.#phase.type !== 'running') return null
    const { text, isStripped } = this.#source
    const stored = [...(this.#writes ?? [])]
    return stateJson(this.#parts, { source: isStripped ? text : null, yieldedAt: this.#yieldedAt, stored })
  }

  get #parts(): StatefulParts {
    return {
      output: this.#cell.output,
      calls: this.#calls,
      clock: this.#clock,
      quota: this.#quota,
      notifications: this.#notifications,
    }
  }

  /** Puts the cell into the state of the snapshot of an earlier process. Otherwise its journal is replayed. */
  #restore(): void {
    const stored = storedState(this.#runtime, (reason) =>
      this.#services.onSnapshotIgnored({ cellId: this.#init.cellId, reason }),
    )
    if (stored === null) return
    const { state } = stored
    const { delivered } = this.#cell.output
    if (!restoreParts(this.#parts, state)) return
    const { source } = state
    if (source !== null) {
      this.#source = { text: source, isStripped: true }
      this.#runtime = this.#createRuntime(source)
    }
    this.#runtime.restore(stored)
    if (state.stored.length > 0) this.#writes = new Map(state.stored)
    this.#yieldedAt = state.yieldedAt
    this.#phase = { type: 'replaying', hasPendingYield: hasUndeliveredYield(state, delivered) }
  }

  /** Calls back when the program has handled the commands that it received, at once if it has had time for them. */
  whenHandled(callback: () => void): void {
    const { isBusy, commandCount, busySince } = this.#runtime
    if (!isBusy || this.#phase.type === 'ended' || this.#hostTrouble !== null) return callback()
    this.#dueYield.whenHandled(commandCount, busySince, callback)
  }

  #onHandled(count: number): void {
    this.#clock.onHandled(count)
    this.#dueYield.onHandled(count)
  }

  /** Withholds commands from the program while `isHeld` is true. */
  hold(isHeld: boolean): void {
    this.#runtime.hold(isHeld)
  }

  #onEvent(event: CellEvent): void {
    if (this.#phase.type === 'ended') return
    if (event.type === 'place') return void (this.#location = { line: event.line, column: event.column })
    const location = this.#location
    this.#location = null
    this.#services.feed?.emit({ type: 'cell_emitted', cellId: this.#init.cellId, event, location })
    const { size: calls, pendingInputChars } = this.#calls
    const pending = { calls, inputChars: pendingInputChars, timers: this.#clock.size }
    if (!this.#quota.allows(event, pending)) return this.#breach(`more "${event.type}" events than the limits allow`)
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
        return this.#clock.set(event, this.#runtime.commandCount)
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
    this.#yieldedAt = this.#cell.output.total
    if (this.#phase.type !== 'replaying') return this.#cell.onPaused()
    // An earlier process has responded to the yield, unless output is undelivered.
    this.#phase = { type: 'replaying', hasPendingYield: this.#cell.output.bytes > 0 }
  }

  #call(event: Extract<CellEvent, { readonly type: 'tool_call' }>, location: SourceLocation | null): void {
    const made = this.#calls.make(event, location)
    if (made === 'impossible') return this.#breach(`a call of "${event.tool}"`)
    if (made === 'diverged') this.#fail(divergedText(`call ${event.id} differs from its ledger entry`), null)
  }

  /** Strips the types of a source that does not compile, and starts it again. Nothing of the source has run. */
  async #retryAsTypeScript(errorText: string): Promise<void> {
    const stripped = this.#source.isStripped ? null : await this.#services.stripper.strip(this.#init.source)
    if (this.#phase.type === 'ended') return
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

  /** Kills the host. It reported an impossible event, so no cell can trust it. */
  #breach(claim: string): void {
    this.#runtime.killHost()
    const errorText = `exec runtime ended unexpectedly: its host reported ${claim}, which is impossible`
    this.#end({ errorText, limit: null })
  }

  /** Terminates the program with an error. */
  #fail(errorText: string, limit: Ending['limit']): void {
    void this.#runtime.terminate()
    this.#end({ errorText, limit })
  }

  /** Handles the end of all work. A program without pending calls and timers is stalled: nothing can wake it. */
  #onIdle(): void {
    if (this.#phase.type === 'replaying') this.#onReplayed(this.#phase)
    // A resumed call can settle synchronously.
    if (this.#runtime.isBusy) return
    for (const callback of this.#onQuiet.splice(0)) callback()
    if (this.#phase.type !== 'running') return
    const { deadlock } = this.#services.options
    const isStalled = deadlock !== 'wait' && this.#calls.size === 0 && this.#clock.size === 0
    this.#phase = isStalled ? { type: 'running', isStalled } : running
    if (!isStalled) return this.#rest()
    if (deadlock === 'fail') return this.#fail(deadlockText, null)
    this.#cell.onPaused()
  }

  /** Yields once when the program begins to wait for nothing but results of deferred calls, which can take long. */
  #rest(): void {
    if (this.#phase.type !== 'running' || this.#runtime.isBusy || this.#isResting) return
    if (this.#clock.size > 0 || this.#calls.deferred.length === 0) return
    this.#isResting = true
    this.#cell.onPaused()
  }

  /** Resumes the calls and timers after the replay. */
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
    if (reason !== null) {
      this.#cell.onStarted()
      this.#cell.followers.onYielded(this.waits)
    }
    this.#init.store.recordHostWait(reason)
  }

  #end({ errorText, limit }: Omit<Ending, 'remarks'>): void {
    if (this.#phase.type === 'ended') return
    this.#phase = { type: 'ended' }
    this.#dueYield.cancel()
    const { count: callCount, pendingTools } = this.#calls
    const work = { source: this.#source.text, isCompleted: errorText === null, callCount, pendingTools }
    this.#cell.onEnded({ errorText, limit, remarks: remarksOn({ ...work, host: this.#hostRemarks }) })
  }

  /** Cancels the calls and timers of an ended program. Calls `onDrained` when all notifications are delivered. */
  finish(onDrained: () => void): void {
    this.#calls.cancel()
    this.#clock.clearAll()
    this.#notifications.whenDrained(onDrained)
  }

  /** Stops the program. Resolves when its isolate is gone. */
  async terminate(): Promise<void> {
    this.#phase = { type: 'ended' }
    this.#dueYield.cancel()
    this.#calls.cancel()
    this.#clock.clearAll()
    this.#notifications.cancel()
    await this.#runtime.terminate()
  }

  /** Leaves the program to the next process that opens the session. Running tools have `graceMs` milliseconds to settle. */
  async suspend(graceMs: number): Promise<void> {
    // First, because it takes the state for the next process.
    const suspended = this.#runtime.suspend()
    this.#phase = { type: 'ended' }
    this.#dueYield.cancel()
    this.#clock.clearAll()
    this.#notifications.suspend()
    await Promise.all([suspended, this.#calls.suspend(graceMs)])
  }
}
