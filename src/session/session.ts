import { randomInt } from 'node:crypto'
import { CodecellError } from '../errors.ts'
import type { LedgerEntry } from '../journal/ledger.ts'
import type { CellEnding, CellMemory, CellStore, SessionStore, StoredCell } from '../journal/session-store.ts'
import type { StartCommand } from '../protocol/command.ts'
import type { CellLimits } from '../protocol/cell-limits.ts'
import { createCatalogue, type Catalogue, type CatalogueOptions } from '../tools/catalogue.ts'
import type { Tool } from '../tools/tool.ts'
import { feedFor, type ActivityFeed } from './activity-feed.ts'
import type { ApprovalBatch, ApprovalDecision } from './approval.ts'
import { ApprovalPolicy } from './approvals/policy.ts'
import { SessionApprovals } from './approvals/session-approvals.ts'
import { tell } from './calling-back.ts'
import { Cell } from './cell.ts'
import type { CellContext } from './cell-context.ts'
import { missing, sessionClosed } from './cell-outcomes.ts'
import { CellRuntime } from './cell-runtime.ts'
import { createHostPool, type HostPool } from './host-pool.ts'
import { EndedCells } from './ended-cells.ts'
import { evictAfterMsOf } from './eviction.ts'
import { KeptOutputs, type KeepOptions, type KeptOutput } from './kept-outputs.ts'
import { InputChecks } from './input-checks.ts'
import { resolveLimits, type Limits } from './limits.ts'
import { observation } from './observation.ts'
import { openStore } from './open-store.ts'
import type { Outcome } from './outcome.ts'
import { parseOutcome } from './parse-outcome.ts'
import type { RevertReport } from './revert.ts'
import { Reverts } from './reverts.ts'
import { restoredCatalogue } from './restored-catalogue.ts'
import { BoundedOutput, WholeOutput } from './output-buffer.ts'
import type { ExecuteOptions, ObserveOptions, Session, SessionOptions, TerminateOptions } from './session-options.ts'
import { closeParts, openParts } from './session-parts.ts'
import { SessionTools } from './session-tools.ts'
import { stayingAlive } from './staying-alive.ts'
import { StoredValues } from './stored-values.ts'
import { TypeStripper } from './type-stripper.ts'

/**
 * Opens a session and waits until a host is running. Throws `INVALID_OPTION` for a bad limit, `HOST_START_FAILED` when no
 * host can be started, the reason of `signal` when that was aborted first; for a durable session `SESSION_IN_USE`,
 * `SESSION_INVALID`, `STORAGE_FAILED`.
 */
export async function createSession(options: SessionOptions = {}): Promise<Session> {
  return await open(options, false)
}

/** Opens a durable session that is there already. Throws `SESSION_NOT_FOUND`, and what `createSession` throws. */
export async function openSession(
  id: string,
  options: SessionOptions & Required<Pick<SessionOptions, 'durable'>>,
): Promise<Session> {
  return await open({ ...options, id }, true)
}

async function open(options: SessionOptions, mustExist: boolean): Promise<Session> {
  options.signal?.throwIfAborted()
  const limits = resolveLimits(options.limits)
  const evictAfterMs = evictAfterMsOf(options.evictAfterMs)
  const store = openStore(options.durable, options.id, mustExist)
  let session: CodecellSession
  try {
    const pool = options.hosts ?? createHostPool({ memoryMb: limits.memoryMb })
    session = new CodecellSession({ options, limits, evictAfterMs, pool, store })
  } catch (error) {
    store.close()
    throw error
  }
  try {
    await stayingAlive(session.warm())
    session.goOn()
    return session
  } catch (error) {
    await session.close()
    throw error
  }
}

type SessionMakings = {
  readonly options: SessionOptions
  readonly limits: Limits
  readonly evictAfterMs: number
  readonly pool: HostPool
  readonly store: SessionStore
}

/** What a cell is made of, new or not. */
type CellMaking = {
  readonly cellId: string
  readonly execCallId: string | null
  readonly source: string
  readonly start: StartCommand
  readonly tools: SessionTools
  readonly store: CellStore
  readonly memory: CellMemory | null
}

/** How long calls under way have to be answered when a durable session is closed, in milliseconds. */
const graceMs = 2000

type Phase = { readonly type: 'open' } | { readonly type: 'closing'; readonly closed: Promise<void> }

class CodecellSession implements Session {
  readonly #options: SessionOptions
  readonly #limits: Limits
  readonly #evictAfterMs: number
  #tools: SessionTools
  readonly #pool: HostPool
  readonly #ownsPool: boolean
  /** This session, when no other may share its hosts. */
  readonly #owner: object | null
  readonly #store: SessionStore
  readonly #storedValues: StoredValues
  readonly #keptOutputs: KeptOutputs
  readonly #stripper = new TypeStripper()
  readonly #inputChecks: InputChecks
  readonly #feed: ActivityFeed | null
  readonly #approvals: SessionApprovals
  readonly #cells = new Map<string, Cell>()
  readonly #endedCells = new EndedCells()
  readonly #reverts: Reverts
  #cellCount: number
  /** Cells that have the same share it. */
  #lastCellLimits: CellLimits | null = null
  #phase: Phase = { type: 'open' }

  constructor({ options, limits, evictAfterMs, pool, store }: SessionMakings) {
    this.#options = options
    this.#evictAfterMs = evictAfterMs
    this.#limits = limits
    this.#store = store
    this.#storedValues = new StoredValues(store.storedValues)
    this.#keptOutputs = new KeptOutputs(limits, store)
    this.#cellCount = store.cellCount
    for (const [cellId, ending] of store.endings()) this.#endedCells.add(cellId, ending)
    this.#pool = pool
    this.#ownsPool = options.hosts === undefined
    this.#owner = options.isolation === 'process-per-session' && !this.#ownsPool ? this : null
    this.#tools = new SessionTools(createCatalogue(options.tools ?? [], budgetOf(options)), pool)
    this.#inputChecks = new InputChecks({
      isOn: options.checkInputs !== false,
      onUnchecked: (identifier, reason) =>
        tell('onWarning', () => options.onWarning?.({ type: 'tool_unchecked', identifier, reason })),
    })
    this.#feed = feedFor(options.listeners)
    this.#approvals = new SessionApprovals({
      policy: new ApprovalPolicy(options.approvals),
      store: store.approvals,
      feed: this.#feed,
      onApproval: options.onApproval ?? null,
      onApprovals: options.onApprovals ?? null,
      holds: options.holdApprovals ?? false,
    })
    this.#reverts = new Reverts({
      store,
      feed: this.#feed,
      timeoutMs: limits.toolTimeoutMs,
      catalogue: () => this.catalogue,
      stateOf: (cellId) => this.#stateOf(cellId),
    })
    openParts(this, { stripper: this.#stripper, inputChecks: this.#inputChecks, feed: this.#feed })
    options.signal?.addEventListener('abort', this.#onAbort)
  }

  get id(): string {
    return this.#store.id
  }

  get catalogue(): Catalogue {
    return this.#tools.catalogue
  }

  setTools(tools: readonly Tool[] | Catalogue): void {
    this.#checkOpen()
    const before = this.#tools
    const catalogue = 'json' in tools ? tools : createCatalogue(tools, budgetOf(this.#options))
    this.#tools = new SessionTools(catalogue, this.#pool)
    before.retire()
  }

  async warm(): Promise<void> {
    await this.#pool.warm(this.#owner)
  }

  async execute(source: string, options: ExecuteOptions = {}): Promise<Outcome> {
    this.#checkOpen()
    options.signal?.throwIfAborted()
    const { requestId = null } = options
    const begun = requestId === null ? null : this.#store.startedBy(requestId)
    if (begun !== null) return await this.#executeAgain(begun, source, options)
    this.#checkSource(source)
    const wanted = observation(options)
    const cell = this.#newCell(source, options)
    tell('onStarted', () => options.onStarted?.(cell.id))
    return await stayingAlive(cell.start(wanted))
  }

  /** The request has started a cell before. */
  async #executeAgain(
    { cellId, source: before }: { readonly cellId: string; readonly source: string },
    source: string,
    options: ExecuteOptions,
  ): Promise<Outcome> {
    if (before !== source) {
      throw new CodecellError(
        'INVALID_OPTION',
        `Cannot start a cell for request ${JSON.stringify(options.requestId)}: it has started cell ${cellId} from another source`,
      )
    }
    tell('onStarted', () => options.onStarted?.(cellId))
    return await this.observe(cellId, options)
  }

  #newCell(source: string, options: ExecuteOptions): Cell {
    const execCallId = options.callId ?? null
    const cellId = String(this.#cellCount + 1)
    const tools = this.#tools
    const start: StartCommand = {
      type: 'start',
      time: Date.now(),
      seed: randomInt(2 ** 32),
      catalogue: tools.id,
      limits: this.#cellLimits(),
      places: this.#placesFor(tools.catalogue),
      body: source,
    }
    const storedValues = this.#storedValues.snapshot()
    const { json: catalogue } = tools
    const store = this.#store.begin({
      cellId,
      execCallId,
      requestId: options.requestId ?? null,
      source,
      start,
      storedValues,
      catalogue,
    })
    this.#cellCount++
    return this.#addCell({ cellId, execCallId, source, start, tools, store, memory: null })
  }

  /** Whoever is asked about a call should know where it is. */
  #placesFor(catalogue: Catalogue): StartCommand['places'] {
    if (this.#feed?.wantsPlaces === true) return 'all'
    return this.#approvals.mayAsk(catalogue) ? 'calls' : 'none'
  }

  /** Goes on with the cells of an earlier process. */
  goOn(): void {
    for (const stored of this.#store.unfinished()) {
      const { state, store } = stored
      const tools = this.#toolsOf(stored)
      const start = { ...stored.start, catalogue: tools.id }
      const cell = this.#addCell({
        ...stored,
        start,
        tools,
        memory: state.type === 'running' ? store.memory : null,
      })
      if (state.type === 'finished') cell.restore(state.end)
      else {
        this.#approvals.reopened(stored.cellId)
        cell.resume()
      }
    }
  }

  #toolsOf({ catalogue }: StoredCell): SessionTools {
    if (catalogue === this.#tools.json) return this.#tools
    const tools = new SessionTools(restoredCatalogue(catalogue, this.catalogue), this.#pool)
    // It goes with the last cell that has it.
    tools.retire()
    return tools
  }

  #addCell(making: CellMaking): Cell {
    const { cellId, execCallId, source, tools } = making
    tools.use()
    const cell = new Cell(cellId, this.#contextFor(making))
    this.#cells.set(cellId, cell)
    this.#feed?.tell({ type: 'cell_started', cellId, callId: execCallId, source, catalogue: tools })
    return cell
  }

  async observe(cellId: string, options: ObserveOptions = {}): Promise<Outcome> {
    this.#checkOpen()
    options.signal?.throwIfAborted()
    const wanted = observation(options)
    const known = this.#answerOnRecord(cellId, options.requestId)
    if (known !== null) return known
    const cell = this.#cells.get(cellId)
    return cell === undefined ? missing(cellId, performance.now()) : await stayingAlive(cell.observe(wanted))
  }

  #answerOnRecord(cellId: string, requestId: string | undefined): Outcome | null {
    const known = requestId === undefined ? undefined : this.#store.answerTo(requestId, cellId)
    return known === undefined ? null : parseOutcome(known)
  }

  async terminate(cellId: string, options: TerminateOptions = {}): Promise<Outcome> {
    this.#checkOpen()
    options.signal?.throwIfAborted()
    const known = this.#answerOnRecord(cellId, options.requestId)
    if (known !== null) return known
    const cell = this.#cells.get(cellId)
    if (cell === undefined) return missing(cellId, performance.now())
    return await stayingAlive(cell.terminate(options.requestId ?? null))
  }

  pendingApprovals(cellId?: string): readonly ApprovalBatch[] {
    return this.#approvals.pending(cellId ?? null)
  }

  decide(key: string | readonly string[], decision: ApprovalDecision): void {
    this.#checkOpen()
    this.#approvals.decide(typeof key === 'string' ? [key] : key, decision)
  }

  ledger(cellId?: string): readonly LedgerEntry[] {
    return this.#store.ledger(cellId ?? null)
  }

  #stateOf(cellId: string): 'running' | 'over' | null {
    const cell = this.#cells.get(cellId)
    if (cell !== undefined) return cell.isOver ? 'over' : 'running'
    return this.#endedCells.get(cellId) === null ? null : 'over'
  }

  async revert(cellId: string): Promise<RevertReport> {
    this.#checkOpen()
    return await stayingAlive(this.#reverts.revert(cellId))
  }

  cells(): readonly string[] {
    return [...this.#cells.keys()]
  }

  endingOf(cellId: string): CellEnding | null {
    return this.#endedCells.get(cellId)
  }

  keepOutput(cellId: string, text: string, options: KeepOptions): KeptOutput | null {
    return this.#keptOutputs.add(cellId, text, options)
  }

  keptOutput(cellId: string): string | undefined {
    return this.#keptOutputs.get(cellId)?.text
  }

  keptOutputs(): readonly KeptOutput[] {
    return this.#keptOutputs.list()
  }

  #checkOpen(): void {
    if (this.#phase.type !== 'open') throw sessionClosed()
  }

  #checkSource(source: string): void {
    const { sourceBytes, cells } = this.#limits
    const bytes = Buffer.byteLength(source)
    if (bytes > sourceBytes) {
      throw new CodecellError(
        'LIMIT_EXCEEDED',
        `Cannot start a cell from ${bytes} bytes of source: the limit is ${sourceBytes}`,
      )
    }
    if (this.#cells.size >= cells) {
      throw new CodecellError(
        'LIMIT_EXCEEDED',
        `Cannot start a cell: the session has ${cells} cells that are not finished, which is the limit; wait for one or terminate one`,
      )
    }
  }

  #contextFor({ cellId, execCallId, source, start, tools, store, memory }: CellMaking): CellContext {
    return {
      execCallId,
      startedAt: start.time,
      store,
      memory,
      catalogue: tools.catalogue,
      limits: this.#limits,
      deadlock: this.#options.deadlock ?? 'report',
      maxYieldTimeMs: this.#options.maxYieldTimeMs ?? null,
      approvals: this.#approvals,
      source,
      inputChecks: this.#inputChecks,
      feed: this.#feed,
      makeOutput: () => (this.#options.overflow === 'cut' ? new BoundedOutput() : new WholeOutput()),
      makeRuntime: (listener, body = source) =>
        new CellRuntime(
          store.journal(body === start.body ? start : { ...start, body }),
          {
            pool: this.#pool,
            owner: this.#owner,
            catalogue: tools,
            ownOutput: Number(cellId),
            keptOutput: (output) => this.#keptOutputs.get(String(output))?.text ?? null,
            feed: this.#feed,
            evictAfterMs: this.#evictAfterMs,
          },
          listener,
        ),
      stripTypes: () => this.#stripper.strip(source),
      notify: (notification, options) => this.#options.onNotification?.(notification, options),
      commit: (writes) => this.#storedValues.commit(writes),
      closed: (id, ending) => {
        this.#cells.delete(id)
        this.#endedCells.add(id, ending)
        tools.release()
        this.#approvals.forget(id)
        this.#feed?.tell({ type: 'cell_closed', cellId: id })
        tell('onCellClosed', () => this.#options.onCellClosed?.(id))
      },
    }
  }

  #cellLimits(): CellLimits {
    const room = this.#storedValues.roomWithin(this.#limits)
    const last = this.#lastCellLimits
    if (last?.storedBytes === room.storedBytes && last.storedKeys === room.storedKeys) return last
    // What is cut instead of refused is bounded on this side.
    const outputBytes = this.#options.overflow === 'cut' ? Number.MAX_SAFE_INTEGER : this.#limits.outputBytes
    this.#lastCellLimits = { ...this.#limits, outputBytes, ...room }
    return this.#lastCellLimits
  }

  close(): Promise<void> {
    if (this.#phase.type === 'open') this.#phase = { type: 'closing', closed: stayingAlive(this.#closeAll()) }
    return this.#phase.closed
  }

  readonly #onAbort = (): void => void this.close()

  async #closeAll(): Promise<void> {
    this.#options.signal?.removeEventListener('abort', this.#onAbort)
    // Whoever observes a cell has to be told of its end before anything else is.
    const reverted = this.#reverts.close()
    const cells = [...this.#cells.values()]
    // A cell that is terminating already ends all the same.
    await Promise.allSettled(cells.map((cell) => (this.#store.isDurable ? cell.suspend(graceMs) : cell.terminate())))
    await reverted
    this.#tools.retire()
    this.#feed?.tell({ type: 'session_closed' })
    if (this.#owner !== null) await this.#pool.releaseOwner(this.#owner)
    await closeParts(this)
    await this.#stripper[Symbol.asyncDispose]()
    if (this.#ownsPool) await this.#pool[Symbol.asyncDispose]()
    this.#store.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

function budgetOf({ declarationTokens }: SessionOptions): CatalogueOptions {
  return declarationTokens === undefined ? {} : { declarationTokens }
}
