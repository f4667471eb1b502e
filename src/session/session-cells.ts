import { randomWord } from '../platform/random.ts'
import { byteLength } from '../platform/utf8.ts'
import { CodecellError } from '../errors.ts'
import type { CellEnding, CellProgress, StoredCell } from '../storage/session-store.ts'
import type { CellLimits } from '../protocol/cell-limits.ts'
import { hostLimits } from './common/limits.ts'
import type { InboxTermination } from '../storage/inbox-content.ts'
import type { StartCommand } from '../protocol/command.ts'
import type { Catalogue } from '../tools/catalogue.ts'
import { callListener } from './common/call-listener.ts'
import { Cell } from './cell/cell.ts'
import { EndedCells } from './ended-cells.ts'
import type { TakeEntry } from './inbox/session-inbox.ts'
import { restoredCatalogue } from './restored-catalogue.ts'
import type { ExecuteOptions } from './api/session-options.ts'
import type { CellInit, SessionServices } from './services/session-services.ts'
import { SessionTools } from './services/session-tools.ts'

/** The open cells of a session, and the endings of its closed cells. */
export class SessionCells {
  readonly #services: SessionServices
  readonly #cells = new Map<string, Cell>()
  readonly #ended = new EndedCells()
  #count: number
  #isHeld = false
  /** The limits of the last cell. Cells with equal limits share the object. */
  #lastLimits: CellLimits | null = null

  constructor(services: SessionServices) {
    const { store } = services
    this.#services = services
    this.#count = store.cellCount
    for (const [cellId, ending] of store.endings()) this.#ended.add(cellId, ending)
  }

  get(cellId: string): Cell | undefined {
    return this.#cells.get(cellId)
  }

  /** Returns the open cells, oldest first. */
  list(): readonly Cell[] {
    return [...this.#cells.values()]
  }

  /** Withholds commands from all cells while `isHeld` is true. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld
    for (const cell of this.#cells.values()) cell.hold('store', isHeld)
  }

  endingOf(cellId: string): CellEnding | null {
    return this.#ended.get(cellId)
  }

  /** Returns the state of a cell, or null for an unknown cell. */
  stateOf(cellId: string): 'running' | 'ended' | null {
    const cell = this.#cells.get(cellId)
    if (cell !== undefined) return cell.isOver ? 'ended' : 'running'
    return this.#ended.get(cellId) === null ? null : 'ended'
  }

  /**
   * Creates and records a cell, without starting its program.
   *
   * @throws {CodecellError} `LIMIT_EXCEEDED` when the source or the number of cells exceeds its limit; `STORAGE_FAILED`.
   */
  begin(source: string, options: ExecuteOptions, tools: SessionTools): Cell {
    this.#checkRoom(source)
    const cellId = String(this.#count + 1)
    const execCallId = options.callId ?? null
    const start: StartCommand = {
      type: 'start',
      time: this.#services.clock.now(),
      seed: randomWord(),
      catalogue: tools.id,
      limits: this.#limits(),
      places: this.#locationsFor(tools.catalogue),
      body: source,
    }
    const store = this.#services.store.begin({
      cellId,
      execCallId,
      requestId: options.requestId ?? null,
      source,
      start,
      storedValues: this.#services.storedValues.snapshot(),
      catalogue: tools.json,
    })
    this.#count++
    return this.#add({ cellId, execCallId, source, start, tools, store }, null)
  }

  /** Terminates a cell for another process. */
  takeTermination({ key: cellId }: InboxTermination, take: TakeEntry): void {
    const cell = this.#cells.get(cellId)
    if (cell === undefined || cell.isOver) take(() => `cell ${cellId} does not run`)
    else void cell.stop(take)
  }

  /**
   * Resumes the cells of an earlier process with the current tools. A cell that another process has terminated stays as it was.
   *
   * @throws {CodecellError} `SESSION_INVALID` when the catalogue of a cell is invalid.
   */
  resume(current: SessionTools): void {
    for (const stored of this.#services.store.unfinished()) {
      const { state } = stored
      const tools = this.#toolsOf(stored, current)
      const { cellId, execCallId, source, store } = stored
      const start = { ...stored.start, catalogue: tools.id }
      const progress = state.type === 'running' ? state.memory : null
      const cell = this.#add({ cellId, execCallId, source, start, tools, store }, progress)
      if (state.type === 'finished') cell.restore(state.end)
      else if (!this.#services.inbox.terminates(cellId)) {
        const { catalogue } = tools
        this.#services.approvals.reopen({ cellId, execCallId, source, catalogue, ledger: store.ledger })
        cell.resume()
      }
    }
  }

  #checkRoom(source: string): void {
    const { maxSourceBytes, maxCellsPerSession } = this.#services.limits
    const bytes = byteLength(source)
    if (bytes > maxSourceBytes) {
      throw new CodecellError(
        'LIMIT_EXCEEDED',
        `Cannot start a cell: the source has ${bytes} bytes, the limit is ${maxSourceBytes}`,
        { details: { limit: 'maxSourceBytes', max: maxSourceBytes, observed: bytes } },
      )
    }
    if (this.#cells.size >= maxCellsPerSession) {
      throw new CodecellError(
        'LIMIT_EXCEEDED',
        `Cannot start a cell: the session has ${maxCellsPerSession} open cells, which is the limit; wait for a cell or terminate one`,
        { details: { limit: 'maxCellsPerSession', max: maxCellsPerSession, observed: this.#cells.size + 1 } },
      )
    }
  }

  /** Returns the events that need a source location. Approvers see the location of a call. */
  #locationsFor(catalogue: Catalogue): StartCommand['places'] {
    const { feed, approvals } = this.#services
    if (feed?.wantsSourceLocations === true) return 'all'
    return approvals.mayAsk(catalogue) ? 'calls' : 'none'
  }

  #limits(): CellLimits {
    const { limits, options } = this.#services
    const room = this.#services.storedValues.roomWithin(limits)
    const last = this.#lastLimits
    if (last?.storedBytes === room.storedBytes && last.storedKeys === room.storedKeys) return last
    // Output that is truncated instead of refused is bounded by the session, not by the host.
    const outputBytes = options.overflow === 'cut' ? Number.MAX_SAFE_INTEGER : limits.maxUnreadOutputBytesPerCell
    this.#lastLimits = { ...hostLimits(limits), outputBytes, ...room }
    return this.#lastLimits
  }

  #toolsOf({ catalogue }: StoredCell, current: SessionTools): SessionTools {
    if (catalogue === current.json) return current
    const tools = new SessionTools(restoredCatalogue(catalogue, current.catalogue), this.#services.pool)
    // Hosts forget the catalogue when its last cell closes.
    tools.retire()
    return tools
  }

  #add(init: Omit<CellInit, 'onClosed'>, progress: CellProgress | null): Cell {
    const { cellId, execCallId, source, tools } = init
    tools.use()
    const cell = new Cell(this.#services, { ...init, onClosed: this.#onClosed }, progress)
    this.#cells.set(cellId, cell)
    this.#services.inbox.watch()
    if (this.#isHeld) cell.hold('store', true)
    this.#services.feed?.emit({ type: 'cell_started', cellId, callId: execCallId, source, catalogue: tools })
    return cell
  }

  readonly #onClosed: CellInit['onClosed'] = ({ cellId, tools }, ending) => {
    const { approvals, feed, options } = this.#services
    this.#cells.delete(cellId)
    this.#ended.add(cellId, ending)
    tools.release()
    approvals.forget(cellId)
    feed?.emit({ type: 'cell_closed', cellId })
    callListener('onCellClosed', () => options.onCellClosed?.(cellId))
  }
}
