import { CodecellError } from '../errors.ts'
import type { EngineName } from '../protocol/engine-name.ts'
import type { LedgerEntry } from '../storage/ledger.ts'
import type { SessionStore } from '../storage/session-store.ts'
import { createCatalogue, type Catalogue, type CatalogueOptions } from '../tools/catalogue.ts'
import type { Tool } from '../tools/tool.ts'
import type { ApprovalBatch, ApprovalDecision } from './api/approval.ts'
import { callListener } from './common/call-listener.ts'
import type { CallResultInput, ProvideResultOptions } from './api/deferred-call.ts'
import { missingOutcome, sessionClosed } from './output/cell-outcomes.ts'
import type { FollowEvent, FollowOptions } from './api/follow-event.ts'
import type { Following } from './following/cell-followers.ts'
import { observation } from './cell/observer.ts'
import type { CellOutcome } from './api/outcome.ts'
import { parseOutcome } from './api/parse-outcome.ts'
import type { RevertReport } from './api/revert-report.ts'
import { Reverts } from './calls/reverts.ts'
import { Settlements } from './calls/settlements.ts'
import type {
  CloseOptions,
  ExecuteOptions,
  ObserveOptions,
  Session,
  SessionOptions,
  TerminateOptions,
} from './api/session-options.ts'
import { clientStateOf, closeInternals, noticesOf, openInternals } from './session-internals.ts'
import { SessionActivity } from './session-activity.ts'
import { SessionCells } from './session-cells.ts'
import { graceMsOf } from './grace.ts'
import { watchOwner } from './owner-watch.ts'
import type { SessionServices } from './services/session-services.ts'
import { SessionTools } from './services/session-tools.ts'
import { keepingAlive } from './common/timing.ts'
import { checkOptions } from '../options/check-options.ts'
import { executeOptionNames, followOptionNames, observeOptionNames, terminateOptionNames } from './api/option-names.ts'

type Phase =
  | { readonly type: 'open' }
  /** Another process has opened the session. */
  | { readonly type: 'lost'; readonly error: CodecellError }
  | { readonly type: 'closing'; readonly closed: Promise<void> }

/** A session on a store that is open. */
export class CodecellSession implements Session {
  readonly #services: SessionServices
  readonly #store: SessionStore
  readonly #cells: SessionCells
  readonly #reverts: Reverts
  readonly #activity: SessionActivity
  #tools: SessionTools
  #phase: Phase = { type: 'open' }
  #isResumed = false
  #ownerWatch: Disposable | null = null

  constructor(services: SessionServices) {
    const { options, pool, store, stripper, inputChecks, feed } = services
    this.#services = services
    this.#store = store
    this.#tools = new SessionTools(createCatalogue(options.tools ?? [], budgetOf(options)), pool)
    services.approvals.checkNames(this.catalogue)
    services.deferredCalls.findTool = (identifier) => this.catalogue.find(identifier)
    this.#cells = new SessionCells(services)
    services.inbox.onTermination = (termination, take) => this.#cells.takeTermination(termination, take)
    services.inbox.isNeeded = () => this.#cells.list().some(({ isOver }) => !isOver)
    this.#reverts = new Reverts(services, {
      catalogue: () => this.catalogue,
      stateOf: (cellId) => this.#cells.stateOf(cellId),
    })
    const settlements = new Settlements(services, () => this.#isResumed)
    this.#activity = new SessionActivity(services, this.#cells, this.#reverts)
    openInternals(this, {
      stripper,
      inputChecks,
      feed,
      settle: async (key, given) => await settlements.settle(key, given),
      retainedOutputs: services.retainedOutputs,
      endingOf: (cellId) => this.#cells.endingOf(cellId),
      onlyWaits: () => (this.#phase.type === 'open' ? this.#activity.onlyWaits : this.#phase.type === 'lost'),
      engineNeeds: () => this.#services.pool.engineNeeds,
      learnEngines: async () => await this.#services.pool.learnEngines(),
      isOpen: () => this.#phase.type === 'open' && this.#store.hasFailed !== true,
      client: clientStateOf(store),
      notices: noticesOf(store),
    })
    options.signal?.addEventListener('abort', this.#onAbort)
    store.onLost((error) => this.#onLost(error))
    store.onBacklog?.((isLong) => this.#cells.hold(isLong))
    if (store.isDurable) this.#ownerWatch = watchOwner(store)
  }

  /** Suspends the cells. The new owner of the session resumes them. */
  #onLost(error: CodecellError): void {
    if (this.#phase.type !== 'open') return
    this.#phase = { type: 'lost', error }
    for (const cell of this.#cells.list()) void cell.suspend(0, error)
  }

  get id(): string {
    return this.#store.id
  }

  get engine(): EngineName {
    return this.#services.engine
  }

  get catalogue(): Catalogue {
    return this.#tools.catalogue
  }

  setTools(tools: readonly Tool[] | Catalogue): void {
    this.#checkOpen()
    const previous = this.#tools
    const catalogue = 'json' in tools ? tools : createCatalogue(tools, budgetOf(this.#services.options))
    this.#tools = new SessionTools(catalogue, this.#services.pool)
    previous.retire()
  }

  async warm(): Promise<void> {
    const { pool, owner, newCellEngine } = this.#services
    await pool.warmFor(owner, newCellEngine)
  }

  /** Records the engine of a new session. Not before a host runs: a session that never opens can be opened with another engine. */
  recordEngine(): void {
    const { engine, options } = this.#services
    // Without a record it is V8: earlier versions cannot open a session with one.
    if (this.#store.engine !== null || (engine === 'v8' && options.engine !== engine)) return
    this.#store.recordEngine?.(engine)
  }

  async execute(source: string, options: ExecuteOptions = {}): Promise<CellOutcome> {
    this.#checkOpen()
    checkOptions('execute', options, executeOptionNames)
    options.signal?.throwIfAborted()
    const { requestId = null } = options
    const existing = requestId === null ? null : this.#store.cellStartedBy(requestId)
    if (existing !== null) return await this.#repeatExecute(existing, source, options)
    this.#checkHosts()
    const observed = observation(options)
    const cell = this.#cells.begin(source, options, this.#tools)
    const { onStarted } = options
    if (onStarted !== undefined) {
      const barrier = this.#store.barrier()
      if (barrier !== null) await keepingAlive(cell.begun(barrier))
      callListener('onStarted', () => onStarted(cell.id))
    }
    return await keepingAlive(cell.start(observed))
  }

  /** Observes the cell that an earlier call with the same request id started. */
  async #repeatExecute(
    { cellId, source: recordedSource }: { readonly cellId: string; readonly source: string },
    source: string,
    options: ExecuteOptions,
  ): Promise<CellOutcome> {
    if (recordedSource !== source) {
      throw new CodecellError(
        'INVALID_OPTION',
        `Cannot start a cell: request ${JSON.stringify(options.requestId)} has started cell ${cellId} from a different source`,
      )
    }
    const barrier = this.#store.barrier()
    if (barrier !== null) await keepingAlive(barrier)
    callListener('onStarted', () => options.onStarted?.(cellId))
    const { callId: _callId, onStarted: _onStarted, ...observing } = options
    return await this.observe(cellId, observing)
  }

  /**
   * Resumes the cells of an earlier process.
   *
   * @throws {CodecellError} `SESSION_INVALID` when the catalogue of a cell is invalid.
   */
  resume(): void {
    this.#cells.resume(this.#tools)
    this.#isResumed = true
    this.#services.inbox.onResumed()
  }

  /** Applies the entries of the inbox that arrived while no process had the session open. */
  async takeInbox(): Promise<void> {
    await this.#services.inbox.take()
  }

  async observe(cellId: string, options: ObserveOptions = {}): Promise<CellOutcome> {
    this.#checkOpen()
    checkOptions('observe', options, observeOptionNames)
    options.signal?.throwIfAborted()
    const observed = observation(options)
    const recorded = this.#recordedResponse(cellId, options.requestId)
    if (recorded !== null) return await recorded
    const cell = this.#cells.get(cellId)
    if (cell === undefined) return await this.#onRecord(missingOutcome(cellId, performance.now()))
    return await keepingAlive(cell.observe(observed))
  }

  follow(cellId: string, options: FollowOptions = {}): AsyncGenerator<FollowEvent, void, undefined> {
    this.#checkOpen()
    checkOptions('follow', options, followOptionNames)
    const { takesOutput = true, signal = null } = options
    return this.#follow(cellId, { takesOutput, signal })
  }

  async *#follow(cellId: string, following: Following): AsyncGenerator<FollowEvent, void, undefined> {
    this.#checkOpen()
    const cell = this.#cells.get(cellId)
    if (cell === undefined) {
      yield { type: 'ended', outcome: await this.#onRecord(missingOutcome(cellId, performance.now())) }
    } else yield* cell.follow(following)
  }

  /** Returns the response to an earlier request; null for none. */
  #recordedResponse(cellId: string, requestId: string | undefined): Promise<CellOutcome> | null {
    const recorded = requestId === undefined ? undefined : this.#store.responseTo(requestId, cellId)
    return recorded === undefined ? null : this.#onRecord({ ...parseOutcome(recorded), isReplay: true })
  }

  /** Returns a response when it is on record. That a cell is missing can be known only while no other process owns the session. */
  async #onRecord<Outcome extends CellOutcome>(outcome: Outcome): Promise<Outcome> {
    const barrier = this.#store.barrier()
    if (barrier !== null) await keepingAlive(barrier)
    return outcome
  }

  /** Refuses a request as `work` does, unless the reason may be that another process owns the session. */
  async #confirmed<Result>(work: Promise<Result>): Promise<Result> {
    try {
      return await keepingAlive(work)
    } catch (error) {
      const barrier = this.#store.barrier()
      if (barrier !== null) await keepingAlive(barrier)
      throw error
    }
  }

  async terminate(cellId: string, options: TerminateOptions = {}): Promise<CellOutcome> {
    this.#checkOpen()
    checkOptions('terminate', options, terminateOptionNames)
    options.signal?.throwIfAborted()
    const recorded = this.#recordedResponse(cellId, options.requestId)
    if (recorded !== null) return await recorded
    const cell = this.#cells.get(cellId)
    if (cell === undefined) return await this.#onRecord(missingOutcome(cellId, performance.now()))
    return await keepingAlive(cell.terminate(options.requestId ?? null))
  }

  pendingApprovals(cellId?: string): readonly ApprovalBatch[] {
    return this.#services.approvals.pending(cellId ?? null)
  }

  decide(key: string | readonly string[], decision: ApprovalDecision): Promise<void> {
    this.#checkOpen()
    this.#services.approvals.decide(typeof key === 'string' ? [key] : key, decision)
    const confirmed = this.#store.barrier() ?? Promise.resolve()
    // Callers may ignore the confirmation.
    confirmed.catch(() => undefined)
    return confirmed
  }

  async provideResult(key: string, result: CallResultInput, options: ProvideResultOptions = {}): Promise<void> {
    this.#checkOpen()
    await this.#confirmed(this.#services.deferredCalls.provide(key, result, options))
  }

  ledger(cellId?: string): readonly LedgerEntry[] {
    return this.#store.ledger(cellId ?? null)
  }

  async revert(cellId: string): Promise<RevertReport> {
    this.#checkOpen()
    return await this.#confirmed(this.#reverts.revert(cellId))
  }

  cells(): readonly string[] {
    return this.#cells.list().map(({ id }) => id)
  }

  #checkOpen(): void {
    if (this.#phase.type === 'lost') throw this.#phase.error
    if (this.#phase.type !== 'open') throw sessionClosed()
    // After a takeover, the records are those of the new owner.
    this.#store.checkOwner()
  }

  #checkHosts(): void {
    if (!this.#services.pool.isDisposed) return
    throw new CodecellError('SESSION_CLOSED', 'Cannot start a cell: the host pool of this session has been disposed')
  }

  close(options: CloseOptions = {}): Promise<void> {
    const graceMs = graceMsOf(options)
    if (this.#phase.type !== 'closing') this.#phase = { type: 'closing', closed: keepingAlive(this.#closeAll(graceMs)) }
    return this.#phase.closed
  }

  readonly #onAbort = (): void => void this.close()

  async #closeAll(graceMs: number): Promise<void> {
    const { options, owner, pool, stripper, feed } = this.#services
    options.signal?.removeEventListener('abort', this.#onAbort)
    this.#ownerWatch?.[Symbol.dispose]()
    this.#services.inbox.close()
    const isDue = !this.#isResumed || this.#activity.isDue
    this.#services.deferredCalls.close()
    this.#store.beginClose?.()
    // Not awaited yet, so that observers of the cells receive their responses first.
    const reverted = this.#reverts.close()
    // A cell that is terminating already ends anyway.
    const cells = this.#cells.list()
    await Promise.allSettled(
      cells.map((cell) => (this.#store.isDurable ? cell.suspend(graceMs) : cell.terminate(null, 'session'))),
    )
    await reverted
    this.#tools.retire()
    feed?.emit({ type: 'session_closed' })
    if (owner !== null) await pool.releaseOwner(owner)
    await closeInternals(this)
    await stripper[Symbol.asyncDispose]()
    if (options.hosts === undefined) await pool[Symbol.asyncDispose]()
    await this.#store.close({ isDue })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

function budgetOf({ declarationTokens }: SessionOptions): CatalogueOptions {
  return declarationTokens === undefined ? {} : { declarationTokens }
}
