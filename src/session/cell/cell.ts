import type { CellEnd, CellProgress } from '../../storage/session-store.ts'
import { isSessionLost, type CodecellError } from '../../errors.ts'
import type { FollowEvent } from '../api/follow-event.ts'
import type { TerminatedBy } from '../../events/session-event.ts'
import type { CellOutcome } from '../api/outcome.ts'
import { CellFollowers, type Following, type FollowStart } from '../following/cell-followers.ts'
import type { CellInit, SessionServices } from '../services/session-services.ts'
import {
  cellError,
  missingOutcome,
  sessionClosed,
  since,
  type Ending,
  type FinalOutcome,
} from '../output/cell-outcomes.ts'
import { CellOutput } from '../output/cell-output.ts'
import { CellProgram } from './cell-program.ts'
import { CellResponses } from './cell-responses.ts'
import { ObserverSlot, type Observation } from './observer.ts'
import { BoundedOutput, WholeOutput } from '../output/output-buffer.ts'

const noWrites: ReadonlyMap<string, string> = new Map()

/** Delay before a failed write of a cell's end is retried, in milliseconds. */
const retryMs = 500

/** The state of a cell. A `finishing` cell delivers its notifications. The result of a `finished` cell can be claimed. */
type Phase =
  | { readonly type: 'running' }
  | { readonly type: 'finishing'; readonly ending: Ending }
  | { readonly type: 'finished'; readonly ending: Ending }
  /** `done` resolves when the end is recorded. */
  | { readonly type: 'terminating'; readonly done: Promise<void> }
  /** The next process that opens the session resumes the cell. */
  | { readonly type: 'suspended' }
  | { readonly type: 'closed' }

/** A cell of a session: its program, and the responses to its observers and followers. */
export class Cell {
  readonly id: string
  readonly #services: SessionServices
  readonly #init: CellInit
  readonly #output: CellOutput
  readonly #responses: CellResponses
  readonly #slot: ObserverSlot
  readonly #followers: CellFollowers
  readonly #program: CellProgram
  #phase: Phase = { type: 'running' }

  /** `progress` is the state of the cell in an earlier process; null for a new cell. */
  constructor(services: SessionServices, init: CellInit, progress: CellProgress | null) {
    const { limits, options } = services
    this.id = init.cellId
    this.#services = services
    this.#init = init
    const buffer = options.overflow === 'cut' ? new BoundedOutput() : new WholeOutput()
    this.#output = new CellOutput(buffer, progress?.delivered ?? 0, limits)
    this.#responses = new CellResponses(services, init, this.#output)
    this.#slot = new ObserverSlot(options.maxYieldTimeMs ?? null, {
      onDue: () => this.#onDue(),
      onPreempted: () => this.#respond(),
    })
    this.#followers = new CellFollowers({
      cellId: this.id,
      output: this.#output,
      maxBytes: limits.maxUnreadOutputBytesPerCell,
      take: (count) => this.#responses.take(count, this.#phase.type === 'finished' ? this.#phase.ending : null),
      claim: () => this.#claimFinished(),
      hold: (isHeld) => this.#program.hold(isHeld),
    })
    this.#program = new CellProgram(services, init, progress, {
      output: this.#output,
      followers: this.#followers,
      onStarted: () => this.#slot.started(),
      onPaused: () => this.#onPaused(),
      onEnded: (ending) => this.#onEnded(ending),
    })
  }

  /** Starts the program and observes it, unless a follower takes its output. */
  start(options: Observation): Promise<CellOutcome> {
    if (this.#followers.takesOutput) {
      this.resume()
      return Promise.resolve({ type: 'yielded', cellId: this.id, items: [], stalled: false, durationMs: 0 })
    }
    const response = this.observe(options)
    this.resume()
    return response
  }

  /** Whether the program has ended and its end is recorded. */
  get isOver(): boolean {
    return this.#phase.type === 'finished' || this.#phase.type === 'closed'
  }

  /** Runs the program from the start, and replays its journal if it has one. */
  resume(): void {
    this.#program.start()
    this.#slot.expectStart()
  }

  /** Restores a cell whose program ended in an earlier process. */
  restore({ errorText, limit, remarks, items }: CellEnd): void {
    this.#output.putBack(items)
    this.#phase = { type: 'finished', ending: { errorText, limit, remarks } }
  }

  /**
   * Waits for the next response.
   *
   * @throws {CodecellError} `CELL_BUSY` when another caller receives the output of the cell.
   */
  async observe(options: Observation): Promise<CellOutcome> {
    const phase = this.#phase
    switch (phase.type) {
      case 'finished':
        this.#checkFree()
        return this.#claim(phase.ending, performance.now(), options.requestId)
      case 'terminating':
      case 'closed':
        return missingOutcome(this.id, performance.now())
      case 'suspended':
        throw sessionClosed()
      case 'running':
      case 'finishing': {
        this.#checkFree()
        const observer = this.#slot.observe(options)
        if (this.#program.isStalled) this.#respond()
        return observer.response
      }
      default:
        return phase satisfies never
    }
  }

  /** Checks that no other caller receives the output of the cell. */
  #checkFree(): void {
    if (this.#slot.observer !== null || this.#followers.takesOutput) throw cellError('CELL_BUSY', this.id)
  }

  /**
   * Follows the cell to its end.
   *
   * @throws {CodecellError} `CELL_BUSY` when the caller requests the output and another caller receives it.
   */
  follow(following: Following): AsyncGenerator<FollowEvent, void, undefined> {
    return this.#followers.follow(following, () => this.#followStart(following))
  }

  #followStart({ takesOutput }: Following): FollowStart {
    const phase = this.#phase
    if (phase.type === 'suspended') throw sessionClosed()
    if (phase.type === 'closed' || phase.type === 'terminating') return { type: 'gone' }
    if (takesOutput) this.#checkFree()
    if (phase.type === 'finished') return phase
    return {
      type: 'open',
      calls: this.#program.startedCalls(),
      isStalled: this.#program.isStalled,
      waitsForHost: this.#program.hostTrouble,
      waitsForDecision: this.#program.hasPendingApprovals,
    }
  }

  /** Responds to the observer when the program has handled what it received. */
  #onDue(): void {
    const { observer } = this.#slot
    this.#program.whenHandled(() => {
      if (this.#slot.observer === observer) this.#respond()
    })
  }

  /** Responds to the observer, if the cell has one. The program keeps running. */
  #respond(): void {
    const observer = this.#slot.release()
    if (observer === null) return
    const { isStalled, hostTrouble } = this.#program
    this.#responses.yield(observer, { isStalled, waitsForHost: hostTrouble })
  }

  #onPaused(): void {
    const { isStalled, hostTrouble } = this.#program
    this.#followers.onYielded(isStalled, hostTrouble)
    this.#respond()
  }

  #onEnded(ending: Ending): void {
    this.#phase = { type: 'finishing', ending }
    this.#program.finish(() => this.#settle(ending))
  }

  /** Records the end, the stored values and the response to the observer in one transaction. */
  #settle(ending: Ending): void {
    if (this.#phase.type !== 'finishing') return
    const { observer } = this.#slot
    const { writes } = this.#program
    let outcome: FinalOutcome | null
    try {
      outcome = this.#responses.finish(ending, writes ?? noWrites, observer)
    } catch (error) {
      // A lost session suspends its cells.
      if (!isSessionLost(error)) setTimeout(() => this.#settle(ending), retryMs).unref()
      return
    }
    if (writes !== null) this.#services.storedValues.commit(writes)
    this.#slot.release()
    this.#phase = { type: 'finished', ending }
    if (outcome === null) return this.#followers.onFinished(ending)
    this.#close(outcome)
    observer?.respond(outcome)
  }

  #claim(ending: Ending, startedAt: number, requestId: string | null): FinalOutcome {
    const outcome = this.#responses.claim(ending, startedAt, requestId)
    this.#close(outcome)
    return outcome
  }

  #claimFinished(): FinalOutcome {
    if (this.#phase.type !== 'finished') throw new TypeError(`cell ${this.id} has no result`)
    return this.#claim(this.#phase.ending, performance.now(), null)
  }

  /** Stops the cell and returns its last response. A finished cell returns its result. */
  async terminate(requestId: string | null = null, by: TerminatedBy = 'caller'): Promise<CellOutcome> {
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
        return missingOutcome(this.id, startedAt)
      case 'running':
      case 'finishing':
        this.#init.store.checkOwner()
        return await this.#terminate(startedAt, requestId, by)
      default:
        return phase satisfies never
    }
  }

  async #terminate(startedAt: number, requestId: string | null, by: TerminatedBy): Promise<CellOutcome> {
    const done = Promise.withResolvers<void>()
    const observer = this.#slot.release()
    this.#phase = { type: 'terminating', done: done.promise }
    await this.#program.terminate()
    const outcome = this.#responses.terminate(startedAt, requestId, by)
    done.resolve()
    this.#close(outcome)
    // The caller that terminates the cell receives the unread output.
    observer?.respond({ ...outcome, items: [], durationMs: since(observer.startedAt) })
    return outcome
  }

  /** Leaves the cell to the next process that opens the session. Running tools have `graceMs` milliseconds to settle. */
  async suspend(graceMs: number, reason: CodecellError = sessionClosed()): Promise<void> {
    const phase = this.#phase
    if (phase.type === 'terminating') return await phase.done
    if (phase.type !== 'running' && phase.type !== 'finishing') return
    this.#phase = { type: 'suspended' }
    this.#slot.release()?.fail(reason)
    this.#followers.fail(reason)
    await this.#program.suspend(graceMs)
  }

  #close(outcome: FinalOutcome): void {
    this.#phase = { type: 'closed' }
    this.#followers.onEnded(outcome)
    this.#init.onClosed(this.#init, outcome.type)
  }
}
