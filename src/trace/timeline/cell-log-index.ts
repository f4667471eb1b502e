import { CodecellError } from '../../errors.ts'
import type { EnginePrint } from '../../protocol/engine-print.ts'
import type { FoundCellLog, TraceBundle } from '../bundle/open-bundle.ts'
import type { CellLogLine } from '../format/cell-log.ts'
import type { CodeCell } from '../format/trace-state.ts'
import { printedText, type PrintedItem } from '../format/printed-items.ts'

/** The part of a bundle that reads cell logs. */
export type CellLogFiles = Pick<TraceBundle, 'cellLogs' | 'readCellLog'>

/** The content of a cell log that timelines show. */
export type LoggedCell = {
  readonly printed: readonly PrintedItem[]
  /** False for a log that is damaged or does not end. */
  readonly isWhole: boolean
  readonly errorText: string | null
  /** The engine of its first host; null in older logs. */
  readonly engine: EnginePrint | null
  /** Notifications without a recorded delivery. */
  readonly pending: readonly PrintedItem[]
}

/** Finds and reads the cell logs of a bundle. A damaged log is read up to the damage. */
export class CellLogIndex {
  readonly #files: Partial<CellLogFiles>
  #paths: ReadonlyMap<string, string> | null = null

  constructor(files: Partial<CellLogFiles>) {
    this.#files = files
  }

  /** Reads the log of a cell; null if the bundle has none. */
  read(cell: Pick<CodeCell, 'thread_id' | 'runtime_cell_id'>): LoggedCell | null {
    this.#paths ??= pathsOf(this.#files.cellLogs?.() ?? [])
    const path = this.#paths.get(keyOf(cell.thread_id, cell.runtime_cell_id))
    const lines = path === undefined ? undefined : this.#files.readCellLog?.(path)
    return lines === undefined ? null : loggedCell(lines)
  }
}

function pathsOf(logs: Iterable<FoundCellLog>): ReadonlyMap<string, string> {
  const paths = new Map<string, string>()
  untilDamage(logs, ({ path, head }) => paths.set(keyOf(head.thread_id, head.cell_id), path))
  return paths
}

/** Cells of two threads can have the same id. */
function keyOf(threadId: string, cellId: string | null): string {
  return JSON.stringify([threadId, cellId])
}

function loggedCell(lines: Iterable<CellLogLine>): LoggedCell {
  const printed: PrintedItem[] = []
  const pending: PrintedItem[] = []
  let errorText: string | null = null
  let isClosed = false
  let engine: EnginePrint | null = null
  const isReadable = untilDamage(lines, (line) => {
    // A program with types is rejected first and runs again without types: the first error does not count.
    if (line.type === 'run') errorText = null
    if (line.type === 'closed') isClosed = true
    if (line.type === 'notified') removeFirst(pending, line.text)
    if (line.type !== 'event') return
    const { at, event } = line
    engine ??= line.engine ?? null
    if (event.type === 'rejected' || event.type === 'failed') errorText = event.body
    if (event.type === 'notify') pending.push({ text: event.body, at })
    const text = printedText(event)
    if (text !== null) printed.push({ text, at })
  })
  return { printed, isWhole: isReadable && isClosed, errorText, engine, pending }
}

function removeFirst(items: PrintedItem[], wanted: string): void {
  const index = items.findIndex(({ text }) => text === wanted)
  if (index >= 0) items.splice(index, 1)
}

/** Calls a function for each value; returns false if a damaged file ended them. */
function untilDamage<T>(values: Iterable<T>, use: (value: T) => void): boolean {
  try {
    for (const value of values) use(value)
    return true
  } catch (error) {
    if (error instanceof CodecellError) return false
    throw error
  }
}
