import type { CellEnd, CellProgress } from '../../storage/session-store.ts'
import { CodecellError, isSessionLost } from '../../errors.ts'
import type { SourceLocation } from '../../events/session-event.ts'
import type { CellEvent } from '../../protocol/event.ts'
import type { HostRemarks } from '../../protocol/remark.ts'
import { CellAnswers } from './cell-answers.ts'
import { CellClock } from './cell-clock.ts'
import { CellOutput, itemOf } from './cell-output.ts'
import {
  deadlockText,
  divergedText,
  missing,
  cellError,
  sessionClosed,
  since,
  type Ending,
  type FinalOutcome,
} from './cell-outcomes.ts'
import { makeCalls, makeNotifications } from './cell-parts.ts'
import type { CellPhase } from './cell-phase.ts'
import { CellQuota } from './cell-quota.ts'
import { excessText, type Excess } from '../calls/excess.ts'
import { CellFollowers, type Following, type Standing } from '../following/cell-followers.ts'
import type { FollowEvent } from '../api/follow-event.ts'
import type { NestedCalls } from '../calls/nested-calls.ts'
import type { Notifications } from './notifications.ts'
import { Observer, type Observation } from './observer.ts'
import type { CellOutcome } from '../api/outcome.ts'
import { QuietMoments } from './quiet-moments.ts'
import { remarksOn } from '../calls/remarks.ts'
import { boundedError } from './shortened-text.ts'
import type { CellContext } from './cell-context.ts'
import type { CellRuntime, RuntimeListener } from './cell-runtime.ts'

const nothing: ReadonlyMap<string, string> = new Map()

/** How often an end that could not be written down is tried again, in milliseconds. */
const retryMs = 500

/** How long the start of a program may keep a yield time from running, in milliseconds. */
const startMs = 1000

/** One cell on the session's side: everything of it that outlives a host. */
export class Cell {
  readonly id: string
  readonly #context: CellContext
  readonly #listener: RuntimeListener = {
    event: (event) => this.#heard(event),
    handled: (count) => this.#clock.handled(count),
    remarked: (remarks) => {
      this.#hostRemarks = remarks
    },
    idle: () => this.#idle(),
    waitsForHost: (reason) => this.#waitsForHost(reason),
  }
  #runtime: CellRuntime
  readonly #output: CellOutput
  readonly #answers: CellAnswers
  readonly #calls: NestedCalls
  readonly #clock: CellClock
  readonly #notifications: Notifications
  /** What it stored, once it has. */
  #writes: Map<string, string> | null = null
  readonly #quota: CellQuota
  #phase: CellPhase = { type: 'running', observer: null }
  readonly #followers: CellFollowers
  #isStarted = false
  #startTimer: NodeJS.Timeout | null = null
  #isStalled = false
  /** Why there is no host for it; null: it does not wait for one. */
  #hostTrouble: string | null = null
  #hostRemarks: HostRemarks | null = null
  /** The program as it runs: without its types, when it had any. */
  #source: string
  #isMended = false
  readonly #quiet = new QuietMoments()
  /** Where the next event comes from. */
  #place: SourceLocation | null = null
  /** It runs through the journal of an earlier process. */
  #isBehind: boolean
  /** While it ran through its journal, it yielded output that nobody has taken. */
  #hasYielded = false

  /** `memory` is what the cell did in an earlier process; null: it is new. */
  constructor(id: string, context: CellContext, memory: CellProgress | null) {
    this.id = id
    this.#context = context
    this.#source = context.source
    this.#isBehind = memory !== null
    this.#output = new CellOutput(context.makeOutput(), memory?.delivered ?? 0, context.limits)
    this.#followers = new CellFollowers({
      cellId: id,
      output: this.#output,
      source: {
        take: (count) => this.#answers.handedOver(count, this.#phase.type === 'finished' ? this.#phase.ending : null),
        claim: () => this.#claimed(),
      },
      maxBytes: context.limits.maxUnreadOutputBytesPerCell,
      hold: (isHeld) => this.#runtime.hold(isHeld),
    })
    this.#answers = new CellAnswers({ cellId: id, store: context.store, output: this.#output, feed: context.feed })
    this.#quota = new CellQuota(context.limits)
    this.#clock = new CellClock({
      startedAt: context.startedAt,
      memory,
      noteTimer: (timer, record) => context.store.recordTimer(timer, record),
      fire: (timer, time) => this.#runtime.send({ type: 'timeout_fired', time, id: timer }),
    })
    this.#calls = makeCalls(id, context, memory, {
      asking: {
        waits: () => this.#clock.hold(),
        whenQuiet: (callback) => this.#quiet.when(this.#runtime.isBusy, callback),
        isHeld: () => this.#pause(),
      },
      followers: this.#followers,
      answered: (call, { type, body }) => this.#runtime.send({ type, time: this.#clock.now(), id: call, body }),
    })
    this.#notifications = makeNotifications(id, context, memory, {
      told: (text, result, count) => this.#told(text, result, count),
      followers: this.#followers,
    })
    this.#runtime = context.makeRuntime(this.#listener)
  }

  /** Starts the program and observes it, unless somebody follows it who takes its output. */
  start(options: Observation): Promise<CellOutcome> {
    if (this.#followers.takesOutput) {
      this.resume()
      return Promise.resolve({ type: 'yielded', cellId: this.id, items: [], stalled: false, durationMs: 0 })
    }
    const response = this.observe(options)
    this.resume()
    return response
  }

  /** Whether the program is over, taken or not. */
  get isOver(): boolean {
    return this.#phase.type === 'finished' || this.#phase.type === 'closed'
  }

  /** Lets the program run: from its beginning, through what its journal has. */
  resume(): void {
    this.#runtime.start()
    this.#startTimer = setTimeout(() => this.#countFromNow(), startMs)
    this.#startTimer.unref()
  }

  /** The program was over in an earlier process; nobody has taken its result. */
  restore({ errorText, limit, remarks, items }: CellEnd): void {
    this.#output.putBack(items)
    this.#phase = { type: 'finished', ending: { errorText, limit, remarks } }
  }

  /** Yield times run from when the program starts, or from when it should have (contract L3). */
  #countFromNow(): void {
    if (this.#startTimer !== null) clearTimeout(this.#startTimer)
    this.#startTimer = null
    this.#isStarted = true
    if (this.#phase.type === 'running') this.#phase.observer?.arm()
  }

  /** Waits for the next response. Throws `CELL_BUSY` while somebody else does. */
  async observe(options: Observation): Promise<CellOutcome> {
    const phase = this.#phase
    switch (phase.type) {
      case 'finished':
        this.#checkFree(null)
        return this.#claim(phase.ending, performance.now(), options.requestId)
      case 'terminating':
      case 'closed':
        return missing(this.id, performance.now())
      case 'suspended':
        throw sessionClosed()
      case 'running':
      case 'finishing': {
        this.#checkFree(phase.observer)
        const observer = this.#makeObserver(options)
        this.#phase = { ...phase, observer }
        if (this.#isStarted) observer.arm()
        if (this.#isStalled && phase.type === 'running') this.#yield()
        return observer.response
      }
      default:
        return phase satisfies never
    }
  }

  /** One at a time is given what the cell prints. */
  #checkFree(observer: Observer | null): void {
    if (observer !== null || this.#followers.takesOutput) throw cellError('CELL_BUSY', this.id)
  }

  /** Tells of the cell until it ends. Throws `CELL_BUSY` when the output is wanted and somebody else takes it. */
  follow(following: Following): AsyncGenerator<FollowEvent, void, undefined> {
    return this.#followers.follow(following, () => this.#standing(following))
  }

  #standing({ takesOutput }: Following): Standing {
    const phase = this.#phase
    if (phase.type === 'suspended') throw sessionClosed()
    if (phase.type === 'closed' || phase.type === 'terminating') return { type: 'gone' }
    if (takesOutput) this.#checkFree(phase.type === 'finished' ? null : phase.observer)
    if (phase.type === 'finished') return phase
    return {
      type: 'open',
      calls: this.#calls.underWay(),
      isStalled: this.#isStalled,
      waitsForHost: this.#hostTrouble,
      waitsForDecision: this.#context.approvals.pending(this.id).length > 0,
    }
  }

  #claimed(): FinalOutcome {
    if (this.#phase.type !== 'finished') throw new TypeError(`cell ${this.id} has no result`)
    return this.#claim(this.#phase.ending, performance.now(), null)
  }

  #makeObserver({ yieldTimeMs, signal, preempt, requestId }: Observation): Observer {
    return new Observer({
      yieldTimeMs,
      requestId,
      signal,
      preempt,
      maxYieldTimeMs: this.#context.maxYieldTimeMs,
      onDue: () => this.#yield(),
      onAbandoned: () => void this.#releaseObserver(),
    })
  }

  /** Takes the observer away from the cell, to be answered. */
  #releaseObserver(): Observer | null {
    const phase = this.#phase
    if (phase.type !== 'running' && phase.type !== 'finishing') return null
    this.#phase = { ...phase, observer: null }
    return phase.observer
  }

  #yield(): void {
    const observer = this.#releaseObserver()
    if (observer === null) return
    const isStalled = this.#isStalled && this.#phase.type === 'running'
    this.#answers.yielded(observer, { isStalled, waitsForHost: this.#hostTrouble })
  }

  /** The cell goes on, and somebody may want to know now. */
  #pause(): void {
    this.#followers.yielded(this.#isStalled, this.#hostTrouble)
    this.#yield()
  }

  #waitsForHost(reason: string | null): void {
    if (reason === this.#hostTrouble) return
    this.#hostTrouble = reason
    if (reason !== null) this.#followers.yielded(false, reason)
    this.#context.store.recordHostWait(reason)
  }

  #heard(event: CellEvent): void {
    if (this.#phase.type !== 'running') return
    if (event.type === 'place') return this.#remember(event)
    const place = this.#place
    this.#place = null
    this.#context.feed?.emit({ type: 'cell_emitted', cellId: this.id, event, location: place })
    const { size: calls, argumentBytes } = this.#calls
    const underWay = { calls, argumentBytes, timers: this.#clock.size }
    if (!this.#quota.allows(event, underWay)) return this.#breach(`more of "${event.type}" than is allowed`)
    switch (event.type) {
      case 'started':
        if (!this.#isBehind) this.#countFromNow()
        return
      case 'text':
      case 'image':
      case 'audio':
        return this.#refuse(this.#output.add(itemOf(event)))
      case 'yield_requested':
        return this.#yieldRequested()
      case 'tool_call':
        return this.#call(event, place)
      case 'timer_set':
        return this.#clock.set(event, this.#runtime.given)
      case 'timer_cleared':
        return this.#clock.clear(event.id)
      case 'notify':
        return this.#refuse(this.#notifications.send(event.body))
      case 'stored':
        return void (this.#writes ??= new Map()).set(event.key, event.body)
      case 'rejected':
        return void this.#mend(event.body)
      case 'completed':
        return this.#finish({ errorText: null, limit: null })
      case 'failed':
        return this.#finish({ errorText: boundedError(event.body, this.#context.limits), limit: event.limit })
      default:
        return event satisfies never
    }
  }

  #yieldRequested(): void {
    if (!this.#isBehind) return this.#pause()
    // What was yielded before was answered, unless there is output that was not.
    this.#hasYielded = this.#output.bytes > 0
  }

  #call(event: Extract<CellEvent, { readonly type: 'tool_call' }>, place: SourceLocation | null): void {
    const made = this.#calls.make(event, place)
    if (made === 'impossible') return this.#breach(`a call of "${event.tool}"`)
    if (made === 'diverged') this.#fail(divergedText(`call ${event.id} is not the one on the ledger`), null)
  }

  #told(text: string, result: 'delivered' | 'failed' | 'given_up', count: number): void {
    const { store, feed } = this.#context
    // Given up because the process ends: the next one delivers it.
    if (this.#phase.type === 'suspended') return
    store.writeOrRetry(() => store.recordNotification(count))
    feed?.emit({ type: 'notified', cellId: this.id, text, result })
  }

  #remember({ line, column }: SourceLocation): void {
    this.#place = { line, column }
  }

  /** What does not compile as JavaScript may be TypeScript: then it runs without its types. Nothing has run yet. */
  async #mend(errorText: string): Promise<void> {
    const stripped = this.#isMended ? null : await this.#context.stripTypes()
    this.#isMended = true
    if (this.#phase.type !== 'running') return
    if (stripped?.type === 'stripped') {
      this.#source = stripped.source
      this.#runtime = this.#context.makeRuntime(this.#listener, stripped.source)
      return this.#runtime.start()
    }
    const isUnsupported = stripped?.type === 'unsupported'
    this.#finish({ errorText: isUnsupported ? `SyntaxError: ${stripped.reason}` : errorText, limit: null })
  }

  #refuse(excess: Excess | null): void {
    if (excess !== null) this.#fail(excessText(excess), excess.resource)
  }

  /** The host said something about this cell that no cell can do, so it cannot be trusted with any. */
  #breach(what: string): void {
    this.#runtime.distrust()
    const errorText = `exec runtime ended unexpectedly: its host reported ${what}, which is not possible`
    this.#finish({ errorText, limit: null })
  }

  /** Ends the cell from this side. */
  #fail(errorText: string, limit: Ending['limit']): void {
    void this.#runtime.terminate()
    this.#finish({ errorText, limit })
  }

  /** Every command has been handled. If nothing is under way either, nothing will ever move this cell again. */
  #idle(): void {
    if (this.#phase.type === 'running' && this.#isBehind) this.#caughtUp()
    // Catching up may have brought an answer at once.
    if (this.#runtime.isBusy) return
    this.#quiet.come()
    this.#isStalled = this.#phase.type === 'running' && this.#calls.size === 0 && this.#clock.size === 0
    const { deadlock } = this.#context
    if (deadlock === 'wait') this.#isStalled = false
    if (!this.#isStalled) return
    if (deadlock === 'fail') return this.#fail(deadlockText, null)
    this.#pause()
  }

  /** Everything of the journal has been handled: what was under way goes on. */
  #caughtUp(): void {
    this.#isBehind = false
    this.#clock.caughtUp(this.#context.approvals.pausesOf(this.id))
    this.#calls.resume()
    this.#countFromNow()
    if (this.#hasYielded) this.#pause()
  }

  /** The program is over: its calls are cancelled, its notifications delivered, then its stored values count. */
  #finish(end: Omit<Ending, 'remarks'>): void {
    const phase = this.#phase
    if (phase.type !== 'running') return
    const ending = { ...end, remarks: this.#remarks(end.errorText === null) }
    this.#phase = { type: 'finishing', observer: phase.observer, ending }
    this.#calls.cancel()
    this.#clock.clearAll()
    this.#notifications.whenDrained(() => this.#settle(ending))
  }

  #remarks(isCompleted: boolean): Ending['remarks'] {
    const { made: callsMade, unanswered } = this.#calls
    return remarksOn({ source: this.#source, isCompleted, callsMade, unanswered, host: this.#hostRemarks })
  }

  /** The end counts once it is on record, with what the cell stored; whoever waits is answered in the same moment. */
  #settle(ending: Ending): void {
    const phase = this.#phase
    if (phase.type !== 'finishing') return
    const { observer } = phase
    let outcome: FinalOutcome | null
    try {
      outcome = this.#answers.finished(ending, this.#writes ?? nothing, observer)
    } catch (error) {
      // A session that was lost suspends its cells.
      if (!isSessionLost(error)) setTimeout(() => this.#settle(ending), retryMs).unref()
      return
    }
    if (this.#writes !== null) this.#context.commit(this.#writes)
    this.#phase = { type: 'finished', ending }
    if (outcome === null) return this.#followers.finished(ending)
    this.#close(outcome)
    observer?.answer(outcome)
  }

  #claim(ending: Ending, startedAt: number, requestId: string | null): FinalOutcome {
    const outcome = this.#answers.claimed(ending, startedAt, requestId)
    this.#close(outcome)
    return outcome
  }

  /** Stops the cell wherever it is. A result that is there already is handed over instead (contract L6). */
  async terminate(requestId: string | null = null): Promise<CellOutcome> {
    const startedAt = performance.now()
    const phase = this.#phase
    switch (phase.type) {
      case 'finished':
        return this.#claim(phase.ending, startedAt, requestId)
      case 'suspended':
        throw sessionClosed()
      case 'terminating':
        throw cellError('CELL_TERMINATING', this.id)
      case 'closed':
        return missing(this.id, startedAt)
      case 'running':
      case 'finishing':
        this.#context.store.checkOwner()
        return await this.#terminate(phase.observer, startedAt, requestId)
      default:
        return phase satisfies never
    }
  }

  async #terminate(observer: Observer | null, startedAt: number, requestId: string | null): Promise<CellOutcome> {
    const over = Promise.withResolvers<void>()
    this.#phase = { type: 'terminating', over: over.promise }
    this.#calls.cancel()
    this.#clock.clearAll()
    this.#notifications.cancel()
    await this.#runtime.terminate()
    const outcome = this.#answers.terminated(startedAt, requestId)
    over.resolve()
    this.#close(outcome)
    // Unread output goes to one caller only: to whoever asked for the end.
    observer?.answer({ ...outcome, items: [], durationMs: since(observer.startedAt) })
    return outcome
  }

  /** Leaves the cell for another process to go on with. Nothing of it happens here any more; calls have some time to be answered. */
  async suspend(graceMs: number, reason: CodecellError = sessionClosed()): Promise<void> {
    const phase = this.#phase
    if (phase.type === 'terminating') return await phase.over
    if (phase.type !== 'running' && phase.type !== 'finishing') return
    this.#phase = { type: 'suspended' }
    this.#clock.clearAll()
    this.#notifications.cancel()
    phase.observer?.fail(reason)
    this.#followers.fail(reason)
    await Promise.all([this.#runtime.suspend(), this.#calls.suspend(graceMs)])
  }

  #close(outcome: FinalOutcome): void {
    this.#phase = { type: 'closed' }
    this.#followers.ended(outcome)
    this.#context.closed(outcome.type)
  }
}
