import { randomInt } from 'node:crypto'
import { CodecellError } from '../errors.ts'
import type { CellEnding, SessionStore, StoredCell } from '../storage/session-store.ts'
import type { CellLimits } from '../protocol/cell-limits.ts'
import { hostLimits } from './limits.ts'
import type { StartCommand } from '../protocol/command.ts'
import type { Catalogue } from '../tools/catalogue.ts'
import { callListener } from './cell/calling-back.ts'
import { Cell } from './cell/cell.ts'
import { CellContext, type CellMaking, type CellSurroundings } from './cell/cell-context.ts'
import { EndedCells } from './ended-cells.ts'
import type { RetainedOutputs } from './retained-outputs.ts'
import { restoredCatalogue } from './restored-catalogue.ts'
import type { ExecuteOptions } from './api/session-options.ts'
import { SessionTools } from './session-tools.ts'
import { StoredValues } from './cell/stored-values.ts'

export type SessionCellsParts = Omit<CellSurroundings, 'storedValues' | 'retainedOutput' | 'closed'> & {
  readonly store: SessionStore
  readonly retainedOutputs: RetainedOutputs
}

/** The cells of a session: those that are not closed, how the others ended, and what they stored for those that come. */
export class SessionCells {
  readonly #parts: SessionCellsParts
  readonly #storedValues: StoredValues
  readonly #around: CellSurroundings
  readonly #cells = new Map<string, Cell>()
  readonly #ended = new EndedCells()
  #count: number
  /** Cells that have the same share it. */
  #lastLimits: CellLimits | null = null

  constructor(parts: SessionCellsParts) {
    const { store, retainedOutputs, ...shared } = parts
    this.#parts = parts
    this.#storedValues = new StoredValues(store.storedValues)
    this.#around = {
      ...shared,
      storedValues: this.#storedValues,
      retainedOutput: (cell) => retainedOutputs.get(String(cell))?.text ?? null,
      closed: (cellId, ending, tools) => this.#closed(cellId, ending, tools),
    }
    this.#count = store.cellCount
    for (const [cellId, ending] of store.endings()) this.#ended.add(cellId, ending)
  }

  get(cellId: string): Cell | undefined {
    return this.#cells.get(cellId)
  }

  /** The oldest first. */
  list(): readonly Cell[] {
    return [...this.#cells.values()]
  }

  endingOf(cellId: string): CellEnding | null {
    return this.#ended.get(cellId)
  }

  /** Null: there is and was no such cell. */
  stateOf(cellId: string): 'running' | 'over' | null {
    const cell = this.#cells.get(cellId)
    if (cell !== undefined) return cell.isOver ? 'over' : 'running'
    return this.#ended.get(cellId) === null ? null : 'over'
  }

  /** A new cell, on record and not started. Throws `LIMIT_EXCEEDED`, `STORAGE_FAILED`. */
  begin(source: string, options: ExecuteOptions, tools: SessionTools): Cell {
    this.#checkRoom(source)
    const cellId = String(this.#count + 1)
    const execCallId = options.callId ?? null
    const start: StartCommand = {
      type: 'start',
      time: Date.now(),
      seed: randomInt(2 ** 32),
      catalogue: tools.id,
      limits: this.#limits(),
      places: this.#placesFor(tools.catalogue),
      body: source,
    }
    const store = this.#parts.store.begin({
      cellId,
      execCallId,
      requestId: options.requestId ?? null,
      source,
      start,
      storedValues: this.#storedValues.snapshot(),
      catalogue: tools.json,
    })
    this.#count++
    return this.#add({ cellId, execCallId, source, start, tools, store, memory: null })
  }

  /** Goes on with the cells of an earlier process, with the tools that there are now. Throws `SESSION_INVALID`. */
  goOn(current: SessionTools): void {
    for (const stored of this.#parts.store.unfinished()) {
      const { state } = stored
      const tools = this.#toolsOf(stored, current)
      const start = { ...stored.start, catalogue: tools.id }
      const memory = state.type === 'running' ? state.memory : null
      const cell = this.#add({ ...stored, start, tools, memory })
      if (state.type === 'finished') cell.restore(state.end)
      else {
        const { cellId, execCallId, source, store } = stored
        const { catalogue } = tools
        this.#parts.approvals.reopened({ cellId, execCallId, source, catalogue, ledger: store.ledger })
        cell.resume()
      }
    }
  }

  #checkRoom(source: string): void {
    const { maxSourceBytes: sourceBytes, maxCellsPerSession: cells } = this.#parts.limits
    const bytes = Buffer.byteLength(source)
    if (bytes > sourceBytes) {
      throw new CodecellError(
        'LIMIT_EXCEEDED',
        `Cannot start a cell from ${bytes} bytes of source: the limit is ${sourceBytes}`,
        { details: { limit: 'maxSourceBytes', max: sourceBytes, observed: bytes } },
      )
    }
    if (this.#cells.size >= cells) {
      throw new CodecellError(
        'LIMIT_EXCEEDED',
        `Cannot start a cell: the session has ${cells} cells that are not finished, which is the limit; wait for one or terminate one`,
        { details: { limit: 'maxCellsPerSession', max: cells, observed: this.#cells.size + 1 } },
      )
    }
  }

  /** Whoever is asked about a call should know where it is. */
  #placesFor(catalogue: Catalogue): StartCommand['places'] {
    const { feed, approvals } = this.#parts
    if (feed?.wantsSourceLocations === true) return 'all'
    return approvals.mayAsk(catalogue) ? 'calls' : 'none'
  }

  #limits(): CellLimits {
    const { limits, options } = this.#parts
    const room = this.#storedValues.roomWithin(limits)
    const last = this.#lastLimits
    if (last?.storedBytes === room.storedBytes && last.storedKeys === room.storedKeys) return last
    // What is cut instead of refused is bounded on this side.
    const outputBytes = options.overflow === 'cut' ? Number.MAX_SAFE_INTEGER : limits.maxUnreadOutputBytesPerCell
    this.#lastLimits = { ...hostLimits(limits), outputBytes, ...room }
    return this.#lastLimits
  }

  #toolsOf({ catalogue }: StoredCell, current: SessionTools): SessionTools {
    if (catalogue === current.json) return current
    const tools = new SessionTools(restoredCatalogue(catalogue, current.catalogue), this.#parts.pool)
    // It goes with the last cell that has it.
    tools.retire()
    return tools
  }

  #add(making: CellMaking): Cell {
    const { cellId, execCallId, source, tools, memory } = making
    tools.use()
    const cell = new Cell(cellId, new CellContext(this.#around, making), memory)
    this.#cells.set(cellId, cell)
    this.#parts.feed?.emit({ type: 'cell_started', cellId, callId: execCallId, source, catalogue: tools })
    return cell
  }

  #closed(cellId: string, ending: CellEnding, tools: SessionTools): void {
    const { approvals, feed, options } = this.#parts
    this.#cells.delete(cellId)
    this.#ended.add(cellId, ending)
    tools.release()
    approvals.forget(cellId)
    feed?.emit({ type: 'cell_closed', cellId })
    callListener('onCellClosed', () => options.onCellClosed?.(cellId))
  }
}
