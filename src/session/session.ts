import { randomInt } from 'node:crypto'
import { CodecellError, messageOf } from '../errors.ts'
import { MemoryJournal } from '../journal/journal.ts'
import type { CellLimits } from '../protocol/cell-limits.ts'
import { createCatalogue, type Catalogue, type CatalogueOptions } from '../tools/catalogue.ts'
import type { Tool } from '../tools/tool.ts'
import { feedFor, type ActivityFeed } from './activity-feed.ts'
import { Cell, missing } from './cell.ts'
import type { CellContext } from './cell-context.ts'
import { CellRuntime } from './cell-runtime.ts'
import { createHostPool, type HostPool } from './host-pool.ts'
import { EndedCells, type CellEnding } from './ended-cells.ts'
import { KeptOutputs, type KeepOptions, type KeptOutput } from './kept-outputs.ts'
import { InputChecks } from './input-checks.ts'
import { resolveLimits, type Limits } from './limits.ts'
import type { Outcome } from './outcome.ts'
import { BoundedOutput, WholeOutput } from './output-buffer.ts'
import type { ExecuteOptions, ObserveOptions, Session, SessionOptions, TerminateOptions } from './session-options.ts'
import { closeParts, openParts } from './session-parts.ts'
import { SessionTools } from './session-tools.ts'
import { StoredValues } from './stored-values.ts'
import { TypeStripper } from './type-stripper.ts'

/** How long an observation lasts when its caller does not say, in milliseconds (contract 1.6). */
const defaultYieldTimeMs = 10_000

/**
 * Opens a session and waits until a host is running. Throws `INVALID_OPTION` for a bad limit, `HOST_START_FAILED` when no
 * host can be started, and the reason of `signal` when that was aborted first.
 */
export async function createSession(options: SessionOptions = {}): Promise<Session> {
  options.signal?.throwIfAborted()
  const limits = resolveLimits(options.limits)
  const pool = options.hosts ?? createHostPool({ memoryMb: limits.memoryMb })
  const session = new CodecellSession(options, limits, pool, options.hosts === undefined)
  try {
    await stayingAlive(session.warm())
    return session
  } catch (error) {
    await session.close()
    throw error
  }
}

type Phase = { readonly type: 'open' } | { readonly type: 'closing'; readonly closed: Promise<void> }

class CodecellSession implements Session {
  readonly #options: SessionOptions
  readonly #limits: Limits
  #tools: SessionTools
  readonly #pool: HostPool
  readonly #ownsPool: boolean
  /** This session, when no other may share its hosts. */
  readonly #owner: object | null
  readonly #storedValues = new StoredValues()
  readonly #keptOutputs: KeptOutputs
  readonly #stripper = new TypeStripper()
  readonly #inputChecks: InputChecks
  readonly #feed: ActivityFeed | null
  readonly #cells = new Map<string, Cell>()
  readonly #endedCells = new EndedCells()
  #cellCount = 0
  #phase: Phase = { type: 'open' }

  constructor(options: SessionOptions, limits: Limits, pool: HostPool, ownsPool: boolean) {
    this.#options = options
    this.#limits = limits
    this.#keptOutputs = new KeptOutputs(limits)
    this.#pool = pool
    this.#ownsPool = ownsPool
    this.#owner = options.isolation === 'process-per-session' && !ownsPool ? this : null
    this.#tools = new SessionTools(createCatalogue(options.tools ?? [], budgetOf(options)), pool)
    this.#inputChecks = new InputChecks({
      isOn: options.checkInputs !== false,
      onUnchecked: (identifier, reason) =>
        tell('onWarning', () => options.onWarning?.({ type: 'tool_unchecked', identifier, reason })),
    })
    this.#feed = feedFor(options.listeners)
    openParts(this, { stripper: this.#stripper, inputChecks: this.#inputChecks, feed: this.#feed })
    options.signal?.addEventListener('abort', this.#onAbort)
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
    this.#checkSource(source)
    const wanted = observation(options)
    const id = String(++this.#cellCount)
    const { tools, context } = this.#contextFor(id, source, options)
    const cell = new Cell(id, context)
    this.#cells.set(id, cell)
    this.#feed?.tell({ type: 'cell_started', cellId: id, callId: options.callId ?? null, source, catalogue: tools })
    tell('onStarted', () => options.onStarted?.(id))
    return await stayingAlive(cell.start(wanted))
  }

  async observe(cellId: string, options: ObserveOptions = {}): Promise<Outcome> {
    this.#checkOpen()
    options.signal?.throwIfAborted()
    const wanted = observation(options)
    const cell = this.#cells.get(cellId)
    return cell === undefined ? missing(cellId, performance.now()) : await stayingAlive(cell.observe(wanted))
  }

  async terminate(cellId: string, options: TerminateOptions = {}): Promise<Outcome> {
    this.#checkOpen()
    options.signal?.throwIfAborted()
    const cell = this.#cells.get(cellId)
    return cell === undefined ? missing(cellId, performance.now()) : await stayingAlive(cell.terminate())
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
    if (this.#phase.type !== 'open') throw new CodecellError('SESSION_CLOSED', 'code mode session is shutting down')
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

  #contextFor(
    id: string,
    source: string,
    { callId }: ExecuteOptions,
  ): { readonly tools: SessionTools; readonly context: CellContext } {
    const startedAt = Date.now()
    const limits = this.#limits
    const storedValues = this.#storedValues.snapshot()
    const tools = this.#tools
    tools.use()
    const start = {
      type: 'start',
      time: startedAt,
      seed: randomInt(2 ** 32),
      catalogue: tools.id,
      limits: this.#cellLimits(),
      places: this.#feed?.wantsPlaces ?? false,
    } as const
    const context: CellContext = {
      execCallId: callId ?? null,
      startedAt,
      catalogue: tools.catalogue,
      limits,
      deadlock: this.#options.deadlock ?? 'report',
      maxYieldTimeMs: this.#options.maxYieldTimeMs ?? null,
      onApproval: this.#options.onApproval ?? null,
      inputChecks: this.#inputChecks,
      feed: this.#feed,
      makeOutput: () => (this.#options.overflow === 'cut' ? new BoundedOutput() : new WholeOutput()),
      makeRuntime: (listener, body = source) =>
        new CellRuntime(
          new MemoryJournal({ ...start, body }, storedValues),
          {
            pool: this.#pool,
            owner: this.#owner,
            catalogue: tools,
            ownOutput: Number(id),
            keptOutput: (output) => this.#keptOutputs.get(String(output))?.text ?? null,
            feed: this.#feed,
          },
          listener,
        ),
      stripTypes: () => this.#stripper.strip(source),
      notify: (notification, options) => this.#options.onNotification?.(notification, options),
      commit: (writes) => this.#storedValues.commit(writes),
      closed: (cellId, ending) => {
        this.#cells.delete(cellId)
        this.#endedCells.add(cellId, ending)
        tools.release()
        this.#feed?.tell({ type: 'cell_closed', cellId })
        tell('onCellClosed', () => this.#options.onCellClosed?.(cellId))
      },
    }
    return { tools, context }
  }

  #cellLimits(): CellLimits {
    const limits = this.#limits
    // What is cut instead of refused is bounded on this side.
    const outputBytes = this.#options.overflow === 'cut' ? Number.MAX_SAFE_INTEGER : limits.outputBytes
    return { ...limits, outputBytes, ...this.#storedValues.roomWithin(limits) }
  }

  close(): Promise<void> {
    if (this.#phase.type === 'open') this.#phase = { type: 'closing', closed: stayingAlive(this.#closeAll()) }
    return this.#phase.closed
  }

  readonly #onAbort = (): void => void this.close()

  async #closeAll(): Promise<void> {
    this.#options.signal?.removeEventListener('abort', this.#onAbort)
    // A cell that is terminating already ends all the same.
    await Promise.allSettled([...this.#cells.values()].map((cell) => cell.terminate()))
    this.#tools.retire()
    this.#feed?.tell({ type: 'session_closed' })
    if (this.#owner !== null) await this.#pool.releaseOwner(this.#owner)
    await closeParts(this)
    await this.#stripper[Symbol.asyncDispose]()
    if (this.#ownsPool) await this.#pool[Symbol.asyncDispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

function budgetOf({ declarationTokens }: SessionOptions): CatalogueOptions {
  return declarationTokens === undefined ? {} : { declarationTokens }
}

function observation({ yieldTimeMs = defaultYieldTimeMs, signal, preempt }: ObserveOptions): {
  yieldTimeMs: number
  signal: AbortSignal | null
  preempt: AbortSignal | null
} {
  if (!(yieldTimeMs >= 0)) {
    throw new CodecellError('INVALID_OPTION', `Cannot observe for ${yieldTimeMs} ms: a time from 0 on is expected`)
  }
  return { yieldTimeMs, signal: signal ?? null, preempt: preempt ?? null }
}

/** Calls back into the embedder's code. What it throws is a warning of the process, and changes nothing for the cell. */
function tell(name: string, callback: () => unknown): void {
  try {
    callback()
  } catch (error) {
    process.emitWarning(`${name} threw: ${messageOf(error)}`, 'CodecellWarning')
  }
}

/** Hosts do not keep the agent's process alive, but somebody who waits for an answer does. */
async function stayingAlive<result>(work: Promise<result>): Promise<result> {
  const hold = setInterval(() => undefined, 2 ** 30)
  try {
    return await work
  } finally {
    clearInterval(hold)
  }
}
