import type { CellEnd, CellEnding } from '../journal/session-store.ts'
import { CodecellError } from '../errors.ts'
import type { CellAnswer, Place } from '../protocol/activity.ts'
import { limitText } from '../protocol/cell-limits.ts'
import type { ContentItem } from '../protocol/content-item.ts'
import type { CellEvent } from '../protocol/event.ts'
import { CatchUp, timeLeft } from './catch-up.ts'
import { CellOutput } from './cell-output.ts'
import {
  deadlockText,
  divergedText,
  missing,
  outcomeOfEnd,
  sessionClosed,
  since,
  type Ending,
  type FinalOutcome,
} from './cell-outcomes.ts'
import { makeCalls, makeNotifications } from './cell-parts.ts'
import { CellQuota } from './cell-quota.ts'
import { CellTimers } from './cell-timers.ts'
import type { NestedCalls } from './nested-calls.ts'
import type { Notifications } from './notifications.ts'
import { Observer, type ObserverOptions } from './observer.ts'
import type { Outcome } from './outcome.ts'
import { QuietMoments } from './quiet-moments.ts'
import { shortenedText } from './shortened-text.ts'
import type { CellContext } from './cell-context.ts'
import type { CellRuntime, RuntimeListener } from './cell-runtime.ts'

/**
 * The life of a cell. `running` and `finishing` (over, but notifications are on their way) take an observer; `finished`
 * holds a result that nobody has taken; one caller takes the cell out of it, or terminates it, and it is `closed`.
 */
type Phase =
  | { readonly type: 'running'; readonly observer: Observer | null }
  | { readonly type: 'finishing'; readonly observer: Observer | null; readonly ending: Ending }
  | { readonly type: 'finished'; readonly ending: Ending }
  | { readonly type: 'terminating' }
  /** Left for another process to go on with. */
  | { readonly type: 'suspended' }
  | { readonly type: 'closed' }

/** How often an end that could not be written down is tried again, in milliseconds. */
const retryMs = 500

/** How long the start of a program may keep a yield time from running, in milliseconds. */
const startMs = 1000

/** One cell on the session's side: everything of it that outlives a host. */
export class Cell {
  readonly id: string
  readonly #context: CellContext
  readonly #listener: RuntimeListener = { event: (event) => this.#heard(event), idle: () => this.#idle() }
  #runtime: CellRuntime
  readonly #output: CellOutput
  readonly #calls: NestedCalls
  readonly #timers: CellTimers
  readonly #notifications: Notifications
  readonly #writes = new Map<string, string>()
  readonly #quota: CellQuota
  #phase: Phase = { type: 'running', observer: null }
  #isStarted = false
  #startTimer: NodeJS.Timeout | null = null
  #isStalled = false
  #isMended = false
  readonly #quiet = new QuietMoments()
  /** Where the next event comes from. */
  #place: Place | null = null
  #lastTime: number
  /** Null once the cell has caught up with its journal, or had none. */
  #catchUp: CatchUp | null

  constructor(id: string, context: CellContext) {
    this.id = id
    this.#context = context
    const { memory } = context
    this.#lastTime = memory?.lastTime ?? context.startedAt
    this.#catchUp = memory === null ? null : new CatchUp(memory)
    this.#output = new CellOutput(context.makeOutput(), memory?.delivered ?? 0)
    this.#quota = new CellQuota(context.limits)
    this.#timers = new CellTimers((timer) => {
      this.#runtime.send({ type: 'timeout_fired', time: this.#now(), id: timer })
    })
    this.#calls = makeCalls(id, context, {
      asking: {
        waits: () => this.#timers.hold(),
        whenQuiet: (callback) => this.#quiet.when(this.#runtime.isBusy, callback),
        isHeld: () => this.#yield(),
      },
      answered: (call, { type, body }) => this.#runtime.send({ type, time: this.#now(), id: call, body }),
    })
    this.#notifications = makeNotifications(id, context, (text, result, count) => this.#told(text, result, count))
    this.#runtime = context.makeRuntime(this.#listener)
  }

  /** Starts the program and observes it. */
  start(options: ObserverOptionsOfCaller): Promise<Outcome> {
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
  restore({ errorText, limit, items }: CellEnd): void {
    this.#output.putBack(items)
    this.#catchUp = null
    this.#phase = { type: 'finished', ending: { errorText, limit } }
  }

  /** Yield times run from when the program starts, or from when it should have (contract L3). */
  #countFromNow(): void {
    if (this.#startTimer !== null) clearTimeout(this.#startTimer)
    this.#startTimer = null
    this.#isStarted = true
    if (this.#phase.type === 'running') this.#phase.observer?.arm()
  }

  /** Commands of a cell never go back in time, whatever the clock of the machine does. */
  #now(): number {
    this.#lastTime = Math.max(this.#lastTime, Date.now())
    return this.#lastTime
  }

  /** Waits for the next response. Throws `CELL_BUSY` while somebody else does. */
  async observe(options: ObserverOptionsOfCaller): Promise<Outcome> {
    const phase = this.#phase
    switch (phase.type) {
      case 'finished':
        return this.#claim(phase.ending, performance.now(), options.requestId)
      case 'terminating':
      case 'closed':
        return missing(this.id, performance.now())
      case 'suspended':
        throw sessionClosed()
      case 'running':
      case 'finishing': {
        if (phase.observer !== null) {
          throw new CodecellError('CELL_BUSY', `exec cell ${this.id} already has an active observer`)
        }
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

  #makeObserver({ yieldTimeMs, signal, preempt, requestId }: ObserverOptionsOfCaller): Observer {
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
    const items = this.#output.take()
    const stalled = this.#isStalled && this.#phase.type === 'running'
    const durationMs = since(observer.startedAt)
    const outcome: Outcome = { type: 'yielded', cellId: this.id, items, stalled, durationMs }
    try {
      this.#noteAnswer(observer.requestId, outcome)
    } catch (error) {
      this.#output.putBack(items)
      return observer.fail(error)
    }
    this.#tellAnswer({ type: 'yielded', items, errorText: null, durationMs })
    observer.answer(outcome)
  }

  /** Puts a response on record before it is handed over. Throws `STORAGE_FAILED`. */
  #noteAnswer(requestId: string | null, outcome: Outcome): void {
    this.#context.store.answered({ requestId, outcome, delivered: this.#output.delivered })
  }

  #heard(event: CellEvent): void {
    if (this.#phase.type !== 'running') return
    if (event.type === 'place') return this.#remember(event)
    const place = this.#place
    this.#place = null
    this.#context.feed?.tell({ type: 'cell_emitted', cellId: this.id, event, place })
    const underWay = { calls: this.#calls.size, timers: this.#timers.size }
    if (!this.#quota.allows(event, underWay)) return this.#breach(`more of "${event.type}" than is allowed`)
    switch (event.type) {
      case 'started':
        if (this.#catchUp === null) this.#countFromNow()
        return
      case 'text':
        return this.#add({ type: 'input_text', text: event.body })
      case 'image':
        return this.#add({ type: 'input_image', image_url: event.body, detail: event.detail })
      case 'audio':
        return this.#add({ type: 'input_audio', audio_url: event.body })
      case 'yield_requested':
        return this.#yieldRequested()
      case 'tool_call':
        return this.#call(event, place)
      case 'timer_set':
        return this.#setTimer(event.id, event.delay)
      case 'timer_cleared':
        this.#catchUp?.timerCleared(event.id)
        return this.#timers.clear(event.id)
      case 'notify':
        return this.#notifications.send(event.body)
      case 'stored':
        this.#writes.set(event.key, event.body)
        return
      case 'rejected':
        return void this.#mend(event.body)
      case 'completed':
        return this.#finish({ errorText: null, limit: null })
      case 'failed':
        return this.#finish({ errorText: this.#bounded(event.body), limit: event.limit })
      default:
        return event satisfies never
    }
  }

  #yieldRequested(): void {
    if (this.#catchUp === null) return this.#yield()
    // What was yielded before was answered, unless there is output that was not.
    this.#catchUp.hasYielded = this.#output.bytes > 0
  }

  #call(event: Extract<CellEvent, { readonly type: 'tool_call' }>, place: Place | null): void {
    const made = this.#calls.make(event, place)
    if (made === 'impossible') return this.#breach(`a call of "${event.tool}"`)
    if (made === 'diverged') this.#fail(divergedText, null)
  }

  #setTimer(id: number, delay: number): void {
    if (this.#catchUp !== null) return this.#catchUp.timerSet(id, delay)
    const madeAt = this.#runtime.isRevived ? this.#lastTime : null
    this.#context.store.timerSet(id, { due: this.#timers.begin(id, delay, madeAt), delay })
  }

  #told(text: string, result: 'delivered' | 'failed' | 'given_up', count: number): void {
    const { store, feed } = this.#context
    // Given up because the process ends: the next one delivers it.
    if (this.#phase.type === 'suspended') return
    store.soon(() => store.notified(count))
    feed?.tell({ type: 'notified', cellId: this.id, text, result })
  }

  #remember({ line, column }: Place): void {
    this.#place = { line, column }
  }

  #tellAnswer(answer: CellAnswer): void {
    this.#context.feed?.tell({ type: 'cell_answered', cellId: this.id, answer })
  }

  /** What does not compile as JavaScript may be TypeScript: then it runs without its types. Nothing has run yet. */
  async #mend(errorText: string): Promise<void> {
    const stripped = this.#isMended ? null : await this.#context.stripTypes()
    this.#isMended = true
    if (this.#phase.type !== 'running') return
    if (stripped?.type === 'stripped') {
      this.#runtime = this.#context.makeRuntime(this.#listener, stripped.source)
      return this.#runtime.start()
    }
    const text = stripped?.type === 'unsupported' ? `SyntaxError: ${stripped.reason}` : errorText
    this.#finish({ errorText: text, limit: null })
  }

  #add(item: ContentItem): void {
    this.#output.add(item)
    const { outputBytes } = this.#context.limits
    if (this.#output.bytes <= outputBytes) return
    this.#fail(limitText('output_bytes', outputBytes, this.#output.bytes), 'output_bytes')
  }

  /** The host said something about this cell that no cell can do, so it cannot be trusted with any. */
  #breach(what: string): void {
    this.#runtime.distrust()
    const errorText = `exec runtime ended unexpectedly: its host reported ${what}, which is not possible`
    this.#finish({ errorText, limit: null })
  }

  #bounded(errorText: string): string {
    // The ellipsis of a text that the host has cut comes on top.
    return errorText.length <= this.#context.limits.errorBytes + 1
      ? errorText
      : shortenedText(errorText, this.#context.limits.errorBytes)
  }

  /** Ends the cell from this side. */
  #fail(errorText: string, limit: string | null): void {
    void this.#runtime.terminate()
    this.#finish({ errorText, limit })
  }

  /** Every command has been handled. If nothing is under way either, nothing will ever move this cell again. */
  #idle(): void {
    if (this.#phase.type === 'running' && this.#catchUp !== null) this.#caughtUp(this.#catchUp)
    // Catching up may have brought an answer at once.
    if (this.#runtime.isBusy) return
    this.#quiet.come()
    this.#isStalled = this.#phase.type === 'running' && this.#calls.size === 0 && this.#timers.size === 0
    const { deadlock } = this.#context
    if (deadlock === 'wait') this.#isStalled = false
    if (!this.#isStalled) return
    if (deadlock === 'fail') return this.#fail(deadlockText, null)
    this.#yield()
  }

  /** Everything of the journal has been handled: what was under way goes on. */
  #caughtUp(catchUp: CatchUp): void {
    this.#catchUp = null
    const pauses = this.#context.approvals.pausesOf(this.id)
    const now = Date.now()
    for (const { id, isNew, ...timer } of catchUp.timers()) {
      if (isNew) this.#context.store.timerSet(id, timer)
      this.#timers.set(id, timeLeft(timer, pauses, now))
    }
    this.#calls.resume()
    this.#countFromNow()
    if (catchUp.hasYielded) this.#yield()
  }

  /** The program is over: its calls are cancelled, its notifications delivered, then its stored values count. */
  #finish(ending: Ending): void {
    const phase = this.#phase
    if (phase.type !== 'running') return
    this.#phase = { type: 'finishing', observer: phase.observer, ending }
    this.#calls.cancel()
    this.#timers.clearAll()
    this.#notifications.whenDrained(() => this.#settle(ending))
  }

  /** The end counts once it is on record, with what the cell stored; whoever waits is answered in the same moment. */
  #settle(ending: Ending): void {
    const phase = this.#phase
    if (phase.type !== 'finishing') return
    const { store } = this.#context
    const { observer } = phase
    const items = this.#output.take()
    const startedAt = observer?.startedAt ?? 0
    const outcome =
      observer === null ? null : outcomeOfEnd(ending, { cellId: this.id, items, durationMs: since(startedAt) })
    try {
      store.together(() => {
        store.finished({ ...ending, items: observer === null ? items : [] }, this.#writes)
        if (outcome !== null) this.#noteEnd(observer?.requestId ?? null, outcome)
      })
    } catch {
      this.#output.putBack(items)
      setTimeout(() => this.#settle(ending), retryMs).unref()
      return
    }
    this.#context.commit(this.#writes)
    this.#phase = { type: 'finished', ending }
    if (outcome !== null) store.release()
    if (outcome === null) this.#output.putBack(items)
    else observer?.answer(this.#handOver(outcome))
  }

  /** Puts the last response on record. Throws `STORAGE_FAILED`. */
  #noteEnd(requestId: string | null, outcome: FinalOutcome): void {
    const { store } = this.#context
    store.together(() => {
      this.#noteAnswer(requestId, outcome)
      store.closed(outcome.type)
    })
  }

  #claim(ending: Ending, startedAt: number, requestId: string | null): Outcome {
    const items = this.#output.take()
    const outcome = outcomeOfEnd(ending, { cellId: this.id, items, durationMs: since(startedAt) })
    try {
      this.#noteEnd(requestId, outcome)
    } catch (error) {
      this.#output.putBack(items)
      throw error
    }
    this.#context.store.release()
    return this.#handOver(outcome)
  }

  #handOver(outcome: FinalOutcome): FinalOutcome {
    const { type, items, durationMs } = outcome
    this.#tellAnswer({ type, items, errorText: type === 'failed' ? outcome.errorText : null, durationMs })
    this.#close(type)
    return outcome
  }

  /** Stops the cell wherever it is. A result that is there already is handed over instead (contract L6). */
  async terminate(requestId: string | null = null): Promise<Outcome> {
    const startedAt = performance.now()
    const phase = this.#phase
    switch (phase.type) {
      case 'finished':
        return this.#claim(phase.ending, startedAt, requestId)
      case 'suspended':
        throw sessionClosed()
      case 'terminating':
        throw new CodecellError('CELL_TERMINATING', `exec cell ${this.id} is already terminating`)
      case 'closed':
        return missing(this.id, startedAt)
      case 'running':
      case 'finishing':
        return await this.#terminate(phase.observer, startedAt, requestId)
      default:
        return phase satisfies never
    }
  }

  async #terminate(observer: Observer | null, startedAt: number, requestId: string | null): Promise<Outcome> {
    const { store } = this.#context
    this.#phase = { type: 'terminating' }
    this.#calls.cancel()
    this.#timers.clearAll()
    this.#notifications.cancel()
    await this.#runtime.terminate()
    const items = this.#output.take()
    const outcome: FinalOutcome = { type: 'terminated', cellId: this.id, items, durationMs: since(startedAt) }
    // Stopped it is in any case.
    store.soon(() => {
      this.#noteEnd(requestId, outcome)
      store.release()
    })
    this.#handOver(outcome)
    // Unread output goes to one caller only: to whoever asked for the end.
    observer?.answer({ ...outcome, items: [], durationMs: since(observer.startedAt) })
    return outcome
  }

  /** Leaves the cell for another process to go on with. Nothing of it happens here any more; calls have some time to be answered. */
  async suspend(graceMs: number): Promise<void> {
    const phase = this.#phase
    if (phase.type !== 'running' && phase.type !== 'finishing') return
    this.#phase = { type: 'suspended' }
    this.#timers.clearAll()
    this.#notifications.cancel()
    phase.observer?.fail(sessionClosed())
    await Promise.all([this.#runtime.suspend(), this.#calls.suspend(graceMs)])
  }

  #close(ending: CellEnding): void {
    this.#phase = { type: 'closed' }
    this.#context.closed(this.id, ending)
  }
}

export type ObserverOptionsOfCaller = Pick<ObserverOptions, 'yieldTimeMs' | 'signal' | 'preempt' | 'requestId'>
