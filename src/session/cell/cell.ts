import { unref, unrefDelay } from '../../platform/turns.ts'
import type { Barrier, CellEnd, CellProgress } from '../../storage/session-store.ts'
import { isSessionLost, type CodecellError } from '../../errors.ts'
import type { ContentItem } from '../../protocol/content-item.ts'
import type { FollowEvent } from '../api/follow-event.ts'
import type { TerminatedBy } from '../../events/session-event.ts'
import type { CellOutcome } from '../api/outcome.ts'
import { afterBarrier } from '../common/after-barrier.ts'
import { unconfirmedStart } from '../common/unconfirmed-start.ts'
import type { TakenOutput } from '../following/follower.ts'
import { CellFollowers, type Following, type FollowStart } from '../following/cell-followers.ts'
import type { TakeEntry } from '../inbox/session-inbox.ts'
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
import type { CellPhase } from './cell-phase.ts'
import { CellProgram } from './cell-program.ts'
import { CellResponses } from './cell-responses.ts'
import { ObserverSlot, type Observation, type Observer } from './observer.ts'
import { BoundedOutput, WholeOutput } from '../output/output-buffer.ts'

/** A result that was taken. `barrier` is the barrier before its delivery. */
type Claimed = { readonly outcome: FinalOutcome; readonly barrier: Barrier }

const noWrites: ReadonlyMap<string, string> = new Map()

/** The end of a cell that another process terminated. */
const stopped: Ending = { isTerminated: true, errorText: null, limit: null, remarks: [] }

/** Delay before a failed write of a cell's end is retried, in milliseconds. */
const retryMs = 500

/** Causes of backpressure. */
type Holder = 'followers' | 'store'

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
  /** Those who withhold commands from the program. */
  readonly #holders = new Set<Holder>()
  #phase: CellPhase = { type: 'running' }

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
      take: (count) => this.#responses.take(count, this.#ending, (items) => this.#putBack(items)),
      claim: () => this.#claimFinished(),
      barrier: () => init.store.barrier(),
      hold: (isHeld) => this.hold('followers', isHeld),
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
    // The cell was terminated, or the session closed, before its record was written.
    if (this.#phase.type !== 'running') return this.observe(options)
    if (this.#followers.takesOutput) {
      this.resume()
      return Promise.resolve({ type: 'yielded', cellId: this.id, items: [], stalled: false, durationMs: 0 })
    }
    const response = this.observe(options)
    this.resume()
    return response
  }

  /** Resolves when the record of a new cell is written. Otherwise the cell does not start. */
  async begun(barrier: Promise<void>): Promise<void> {
    try {
      await barrier
    } catch (error) {
      await this.terminate().catch(() => undefined)
      throw unconfirmedStart(error)
    }
  }

  /** Whether the program has ended and its end is recorded. */
  get isOver(): boolean {
    const { type } = this.#phase
    return type === 'finished' || type === 'delivering' || type === 'closed'
  }

  /** Whether the cell needs nothing of this process, apart from its observer or follower. */
  get onlyWaits(): boolean {
    const { type } = this.#phase
    if (type === 'running') return this.#program.onlyWaits
    return type === 'finished' || type === 'suspended' || type === 'closed'
  }

  /** Whether the cell waits for a host with its engine, which another process may have. */
  get waitsForEngine(): boolean {
    return this.#phase.type === 'running' && this.#program.waitsForEngine
  }

  /** Whether a caller receives the output of the cell, or waits for it. */
  get isObserved(): boolean {
    return this.#slot.isTaken || this.#followers.takesOutput
  }

  /** The ending of a program whose result can be claimed; null otherwise. */
  get #ending(): Ending | null {
    return this.#phase.type === 'finished' ? this.#phase.ending : null
  }

  /** Withholds commands from the program while `isHeld` is true for one of the holders. */
  hold(holder: Holder, isHeld: boolean): void {
    if (isHeld) this.#holders.add(holder)
    else this.#holders.delete(holder)
    this.#program.hold(this.#holders.size > 0)
  }

  /** Runs the program from the start, and replays its journal if it has one. */
  resume(): void {
    this.#program.start()
    this.#slot.expectStart()
  }

  /** Restores a cell whose program ended in an earlier process. */
  restore({ items, ...ending }: CellEnd): void {
    this.#output.putBack(items)
    this.#phase = { type: 'finished', ending }
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
        return await this.#claimOnRecord(phase.ending, performance.now(), options.requestId)
      case 'delivering':
        await phase.done
        return await this.observe(options)
      case 'terminating':
      case 'closed':
        return missingOutcome(this.id, performance.now())
      case 'suspended':
        throw sessionClosed()
      case 'running':
      case 'stopping':
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
    const isDelivering = this.#phase.type === 'delivering'
    if (isDelivering || this.#slot.isTaken || this.#followers.takesOutput) throw cellError('CELL_BUSY', this.id)
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
    if (phase.type === 'finished' || phase.type === 'delivering') return { type: 'finished', ending: phase.ending }
    return {
      type: 'open',
      calls: this.#program.startedCalls(),
      waits: this.#program.waits,
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
    const { observer } = this.#slot
    if (observer === null) return
    this.#responses.yield(observer, this.#program.waits, (items) => this.#putBack(items))
  }

  /** Puts output back that was recorded and not delivered. */
  #putBack(items: readonly ContentItem[]): void {
    const { type } = this.#phase
    if (type === 'running' || type === 'stopping' || type === 'finishing' || type === 'finished')
      this.#responses.putBack(items, this.#ending)
  }

  #onPaused(): void {
    this.#followers.onYielded(this.#program.waits)
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
      if (!isSessionLost(error)) unref(setTimeout(() => this.#settle(ending), retryMs))
      return
    }
    if (writes !== null) this.#services.storedValues.commit(writes)
    this.#onRecorded(ending, outcome, observer)
  }

  /** Delivers the outcome to the observer if there is one. Otherwise it can be claimed. */
  #onRecorded(ending: Ending, outcome: FinalOutcome | null, observer: Observer | null): void {
    this.#phase = { type: 'finished', ending }
    if (outcome === null || observer === null) return this.#followers.onFinished(ending)
    const barrier = this.#responses.barrier()
    const onOver = this.#beginDelivery(ending, barrier)
    observer.respondAt(barrier, outcome, {
      onDelivered: () => {
        this.#closeDelivered(outcome)
        onOver()
      },
      onUndelivered: () => {
        this.#takeBack(ending, outcome, observer.requestId)
        onOver()
      },
    })
  }

  /** Waits for the delivery at a barrier. The returned function ends the wait. */
  #beginDelivery(ending: Ending, barrier: Barrier): () => void {
    if (barrier === null) return ignore
    const { promise: done, resolve } = Promise.withResolvers<void>()
    this.#phase = { type: 'delivering', ending, done }
    return resolve
  }

  #closeDelivered(outcome: FinalOutcome): void {
    this.#responses.onDelivered(outcome)
    this.#close(outcome)
  }

  /** Makes the result of a finished cell available again, because it was not delivered. A repeated request receives its record. */
  #takeBack(ending: Ending, outcome: FinalOutcome, requestId: string | null): void {
    if (requestId !== null) return this.#close(outcome)
    this.#phase = { type: 'finished', ending }
    this.#responses.putBack(outcome.items, ending)
  }

  /** Takes the result of a finished cell. The cell closes at the barrier. */
  #claim(ending: Ending, startedAt: number, requestId: string | null): Claimed {
    const outcome = this.#responses.claim(ending, startedAt, requestId)
    const barrier = this.#responses.barrier()
    const onOver = this.#beginDelivery(ending, barrier)
    const onRecord = (): void => {
      this.#closeDelivered(outcome)
      onOver()
    }
    afterBarrier(barrier, onRecord, () => {
      this.#takeBack(ending, outcome, requestId)
      onOver()
    })
    return { outcome, barrier }
  }

  async #claimOnRecord(ending: Ending, startedAt: number, requestId: string | null): Promise<CellOutcome> {
    const { outcome, barrier } = this.#claim(ending, startedAt, requestId)
    if (barrier !== null) await barrier
    return outcome
  }

  #claimFinished(): TakenOutput {
    if (this.#phase.type !== 'finished') throw new TypeError(`cell ${this.id} has no result`)
    const { outcome, barrier } = this.#claim(this.#phase.ending, performance.now(), null)
    return { items: outcome.items, delivered: barrier }
  }

  /** Stops the cell and returns its last response. A finished cell returns its result. */
  async terminate(requestId: string | null = null, by: TerminatedBy = 'caller'): Promise<CellOutcome> {
    const startedAt = performance.now()
    const phase = this.#phase
    switch (phase.type) {
      case 'finished':
        return await this.#claimOnRecord(phase.ending, startedAt, requestId)
      case 'delivering':
      case 'stopping':
        await phase.done
        return await this.terminate(requestId, by)
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
    const outcome = this.#responses.terminate(startedAt, requestId)
    const barrier = this.#responses.barrier()
    try {
      if (barrier !== null) await barrier
    } catch (error) {
      done.resolve()
      this.#followers.fail(error)
      this.#close(outcome)
      observer?.fail(error)
      throw error
    }
    this.#responses.onDelivered(outcome, by)
    done.resolve()
    this.#close(outcome)
    // The caller that terminates the cell receives the unread output.
    observer?.respond({ ...outcome, items: [], durationMs: since(observer.startedAt) })
    return outcome
  }

  /**
   * Terminates the cell for another process. The observer receives the outcome; without one, it can be claimed. `take` removes the
   * request with the record of the end. Without a record, the owner handles the request again.
   */
  async stop(take: TakeEntry): Promise<void> {
    const { type } = this.#phase
    if (type !== 'running' && type !== 'finishing') return
    const { promise: done, resolve } = Promise.withResolvers<void>()
    const phase: CellPhase = { type: 'stopping', done }
    this.#phase = phase
    await this.#program.terminate()
    for (; this.#phase === phase; await unrefDelay(retryMs)) {
      if (this.#tryRecordStop(take)) break
    }
    resolve()
  }

  /** Returns false when the end cannot be recorded. */
  #tryRecordStop(take: TakeEntry): boolean {
    const { observer } = this.#slot
    const outcomes: (FinalOutcome | null)[] = []
    try {
      take(() => {
        outcomes.push(this.#responses.finish(stopped, noWrites, observer))
        return null
      })
    } catch {
      return false
    }
    const [outcome] = outcomes
    if (outcome !== undefined) this.#onRecorded(stopped, outcome, observer)
    return outcome !== undefined
  }

  /** Leaves the cell to the next process that opens the session. Running tools have `graceMs` milliseconds to settle. */
  async suspend(graceMs: number, reason: CodecellError = sessionClosed()): Promise<void> {
    const phase = this.#phase
    if (phase.type === 'terminating' || phase.type === 'delivering') return await phase.done
    if (phase.type !== 'running' && phase.type !== 'finishing' && phase.type !== 'stopping') return
    this.#phase = { type: 'suspended' }
    this.#slot.release()?.fail(reason)
    this.#followers.fail(reason)
    if (phase.type === 'stopping') return await phase.done
    await this.#program.suspend(graceMs)
  }

  #close(outcome: FinalOutcome): void {
    this.#phase = { type: 'closed' }
    this.#followers.onEnded(outcome)
    this.#init.onClosed(this.#init, outcome.type)
  }
}

function ignore(): void {}
