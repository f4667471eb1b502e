import { CodecellError } from '../errors.ts'
import type { CellAnswer, Place } from '../protocol/activity.ts'
import { limitText } from '../protocol/cell-limits.ts'
import type { ContentItem } from '../protocol/content-item.ts'
import type { CellEvent } from '../protocol/event.ts'
import { CellQuota } from './cell-quota.ts'
import { CellTimers } from './cell-timers.ts'
import { NestedCalls } from './nested-calls.ts'
import { Notifications } from './notifications.ts'
import { Observer, type ObserverOptions } from './observer.ts'
import type { Outcome } from './outcome.ts'
import type { OutputBuffer } from './output-buffer.ts'
import { shortenedText } from './shortened-text.ts'
import type { CellContext } from './cell-context.ts'
import type { CellEnding } from './ended-cells.ts'
import type { CellRuntime, RuntimeListener } from './cell-runtime.ts'

/** How a cell ended by itself, as it is handed over. */
type Ending = { readonly errorText: string | null; readonly limit: string | null }

/**
 * The life of a cell. `running` and `finishing` (over, but notifications are on their way) take an observer; `finished`
 * holds a result that nobody has taken; one caller takes the cell out of it, or terminates it, and it is `closed`.
 */
type Phase =
  | { readonly type: 'running'; readonly observer: Observer | null }
  | { readonly type: 'finishing'; readonly observer: Observer | null; readonly ending: Ending }
  | { readonly type: 'finished'; readonly ending: Ending }
  | { readonly type: 'terminating' }
  | { readonly type: 'closed' }

/** How long the start of a program may keep a yield time from running, in milliseconds. */
const startMs = 1000

/** One cell on the session's side: everything of it that outlives a host. */
export class Cell {
  readonly id: string
  readonly #context: CellContext
  readonly #listener: RuntimeListener = { event: (event) => this.#heard(event), idle: () => this.#idle() }
  #runtime: CellRuntime
  readonly #output: OutputBuffer
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
  /** Where the next event comes from. */
  #place: Place | null = null
  #lastTime: number

  constructor(id: string, context: CellContext) {
    this.id = id
    this.#context = context
    this.#lastTime = context.startedAt
    this.#output = context.makeOutput()
    this.#quota = new CellQuota(context.limits)
    this.#timers = new CellTimers((timer) => {
      this.#runtime.send({ type: 'timeout_fired', time: this.#now(), id: timer })
    })
    this.#calls = new NestedCalls({
      cellId: id,
      execCallId: context.execCallId,
      catalogue: context.catalogue,
      limits: context.limits,
      onApproval: context.onApproval,
      inputChecks: context.inputChecks,
      feed: context.feed,
      answered: (call, { type, body }) => this.#runtime.send({ type, time: this.#now(), id: call, body }),
    })
    this.#notifications = new Notifications(
      (text, options) => context.notify({ cellId: id, execCallId: context.execCallId, text }, options),
      {
        timeoutMs: context.limits.notificationTimeoutMs,
        told: (text, result) => context.feed?.tell({ type: 'notified', cellId: id, text, result }),
      },
    )
    this.#runtime = context.makeRuntime(this.#listener)
  }

  /** Starts the program and observes it. */
  start(options: ObserverOptionsOfCaller): Promise<Outcome> {
    const response = this.observe(options)
    this.#runtime.start()
    this.#startTimer = setTimeout(() => this.#countFromNow(), startMs)
    this.#startTimer.unref()
    return response
  }

  /** Yield times run from when the program starts, or from when it should have (contract L3). */
  #countFromNow(): void {
    if (this.#startTimer !== null) clearTimeout(this.#startTimer)
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
        return this.#claim(phase.ending, performance.now())
      case 'terminating':
      case 'closed':
        return missing(this.id, performance.now())
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

  #makeObserver({ yieldTimeMs, signal, preempt }: ObserverOptionsOfCaller): Observer {
    return new Observer({
      yieldTimeMs,
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
    this.#tellAnswer({ type: 'yielded', items, errorText: null, durationMs })
    observer.answer({ type: 'yielded', cellId: this.id, items, stalled, durationMs })
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
        return this.#countFromNow()
      case 'text':
        return this.#add({ type: 'input_text', text: event.body })
      case 'image':
        return this.#add({ type: 'input_image', image_url: event.body, detail: event.detail })
      case 'audio':
        return this.#add({ type: 'input_audio', audio_url: event.body })
      case 'yield_requested':
        return this.#yield()
      case 'tool_call':
        if (!this.#calls.make(event, place)) this.#breach(`a call of "${event.tool}"`)
        return
      case 'timer_set':
        return this.#timers.set(event.id, event.delay)
      case 'timer_cleared':
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
    this.#isStalled = this.#phase.type === 'running' && this.#calls.size === 0 && this.#timers.size === 0
    const { deadlock } = this.#context
    if (deadlock === 'wait') this.#isStalled = false
    if (!this.#isStalled) return
    if (deadlock === 'fail') return this.#fail(deadlockText, null)
    this.#yield()
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

  #settle(ending: Ending): void {
    if (this.#phase.type !== 'finishing') return
    this.#context.commit(this.#writes)
    const observer = this.#releaseObserver()
    this.#phase = { type: 'finished', ending }
    observer?.answer(this.#claim(ending, observer.startedAt))
  }

  #claim(ending: Ending, startedAt: number): Outcome {
    const base = { cellId: this.id, items: this.#output.take(), durationMs: since(startedAt) }
    const { errorText, limit } = ending
    const type = errorText === null ? 'completed' : 'failed'
    this.#tellAnswer({ type, items: base.items, errorText, durationMs: base.durationMs })
    this.#close(type)
    return errorText === null ? { type: 'completed', ...base } : { type: 'failed', ...base, errorText, limit }
  }

  /** Stops the cell wherever it is. A result that is there already is handed over instead (contract L6). */
  async terminate(): Promise<Outcome> {
    const startedAt = performance.now()
    const phase = this.#phase
    switch (phase.type) {
      case 'finished':
        return this.#claim(phase.ending, startedAt)
      case 'terminating':
        throw new CodecellError('CELL_TERMINATING', `exec cell ${this.id} is already terminating`)
      case 'closed':
        return missing(this.id, startedAt)
      case 'running':
      case 'finishing':
        return await this.#terminate(phase.observer, startedAt)
      default:
        return phase satisfies never
    }
  }

  async #terminate(observer: Observer | null, startedAt: number): Promise<Outcome> {
    this.#phase = { type: 'terminating' }
    this.#calls.cancel()
    this.#timers.clearAll()
    this.#notifications.cancel()
    await this.#runtime.terminate()
    const items = this.#output.take()
    const durationMs = since(startedAt)
    this.#tellAnswer({ type: 'terminated', items, errorText: null, durationMs })
    this.#close('terminated')
    const base = { type: 'terminated', cellId: this.id } as const
    // Unread output goes to one caller only: to whoever asked for the end.
    observer?.answer({ ...base, items: [], durationMs: since(observer.startedAt) })
    return { ...base, items, durationMs }
  }

  #close(ending: CellEnding): void {
    this.#phase = { type: 'closed' }
    this.#context.closed(this.id, ending)
  }
}

export type ObserverOptionsOfCaller = Pick<ObserverOptions, 'yieldTimeMs' | 'signal' | 'preempt'>

const deadlockText =
  'the script can make no progress any more: it awaits a promise that no tool call, timer or other event will settle'

/** The answer about a cell that is not there (contract 3.2). */
export function missing(cellId: string, startedAt: number): Outcome {
  return { type: 'missing', cellId, errorText: `exec cell ${cellId} not found`, durationMs: since(startedAt) }
}

function since(startedAt: number): number {
  return performance.now() - startedAt
}
