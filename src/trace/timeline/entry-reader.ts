import type { CodeCell, TraceState } from '../format/trace-state.ts'
import type { TraceBundle } from '../bundle/open-bundle.ts'
import { CellLogIndex, type CellLogFiles } from './cell-log-index.ts'
import { cellOutput, modelResponse, type CellOutput } from './cell-output.ts'
import { payloadValue, readEntryContent, type EntryContent } from './entry-content.ts'
import { joinedItems, type SeenResponse } from '../format/printed-items.ts'
import { payloadOf } from './state-lookup.ts'
import { cellEntryId, type TimelineEntry } from './timeline-entry.ts'

type Source = Pick<TraceBundle, 'payloads'> & Partial<CellLogFiles>

/** Reads the contents of entries from the payloads and cell logs of a bundle. */
export class EntryReader {
  readonly #state: TraceState
  readonly #source: Source
  readonly #logs: CellLogIndex
  readonly #cells: ReadonlyMap<string, CodeCell>

  constructor(state: TraceState, source: Source) {
    this.#state = state
    this.#source = source
    this.#logs = new CellLogIndex(source)
    this.#cells = new Map(Object.values(state.code_cells).map((cell) => [cellEntryId(cell.code_cell_id), cell]))
  }

  /** Returns the content of an entry; that of a cell has everything that it printed. */
  contentOf(entry: TimelineEntry): EntryContent {
    const cell = this.cellOutputOf(entry)
    if (cell === null) return { ...readEntryContent(entry, this.#source.payloads), modelOutput: null }
    const { printed, errorText, seen } = cell
    const modelOutput = seen === null ? null : joinedItems(seen.map((text) => ({ text })))
    return { input: entry.text, output: joinedItems(printed), error: errorText, modelOutput }
  }

  /** Returns the output of a cell; null for another entry. */
  cellOutputOf({ type, id }: TimelineEntry): CellOutput | null {
    const cell = type === 'cell' ? this.#cells.get(id) : undefined
    return cell === undefined ? null : cellOutput(cell, this.#state, this.#read, this.#logs.read(cell))
  }

  /** Returns the response of a cell that the model got from a call. */
  responseOf({ outputPayloads: [result] }: TimelineEntry): SeenResponse | null {
    return result === undefined ? null : modelResponse(payloadValue(result, this.#source.payloads))
  }

  readonly #read = (id: string | null): unknown => {
    const reference = payloadOf(this.#state, id)
    return reference === null ? undefined : payloadValue(reference, this.#source.payloads)
  }
}
