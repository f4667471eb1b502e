import { CodecellError } from '../../errors.ts'
import { guessMarks } from './guess-line-marks.ts'
import type { FoundCellLog, TraceBundle } from '../bundle/open-bundle.ts'
import type { CodeCell, TraceState } from '../format/trace-state.ts'
import { programName } from '../timeline/program-name.ts'
import { callEntryId, cellEntryId } from '../timeline/timeline-entry.ts'
import { cellEnd } from './cell-end.ts'
import type { ViewCell, ViewMark } from './view-data.ts'
import type { ViewPayloads } from './payloads.ts'
import { errorLine, CellLogReader, type CellLogPage } from './cell-log.ts'
import { cellResponses } from './responses.ts'
import { reasonOf, type ViewTexts } from './bounded-texts.ts'

/** The maximum number of cells with details, and of calls of one cell. */
const maxCells = 20_000
const maxNestedCalls = 50_000

type Parts = {
  readonly bundle: TraceBundle
  readonly state: TraceState
  readonly payloads: ViewPayloads
  readonly texts: ViewTexts
}

/** Returns the details of the cells of a bundle, in the order in which they began. */
export function viewCells(parts: Parts): readonly ViewCell[] {
  const { bundle, state, texts } = parts
  const cells = Object.values(state.code_cells).toSorted(
    (left, right) => left.execution.started_seq - right.execution.started_seq,
  )
  const records = logsOf(bundle, texts)
  const reader = new CellLogReader(texts)
  return texts.first(cells, maxCells, 'cells').map((cell) => {
    const record = records.get(logKey(cell.thread_id, cell.runtime_cell_id))
    return cellOf(cell, parts, record === undefined ? null : readLog(cell, record, parts, reader))
  })
}

/** Lists the cell logs of a bundle; an unreadable one ends the list. */
function logsOf(bundle: TraceBundle, texts: ViewTexts): ReadonlyMap<string, FoundCellLog> {
  const records = new Map<string, FoundCellLog>()
  try {
    for (const record of bundle.cellLogs()) {
      records.set(logKey(record.head.thread_id, record.head.cell_id), record)
    }
  } catch (error) {
    if (!(error instanceof CodecellError)) throw error
    texts.report(`Some cell logs cannot be read: ${reasonOf(error)}`)
  }
  return records
}

/** Cells of two threads can have the same id. */
function logKey(threadId: string, cellId: string | null): string {
  return JSON.stringify([threadId, cellId])
}

function readLog(cell: CodeCell, { path }: FoundCellLog, parts: Parts, reader: CellLogReader): CellLogPage | null {
  const { bundle, state, texts } = parts
  const page = reader.newPage(runtimeIds(cell, state))
  const name = cell.runtime_cell_id ?? cell.code_cell_id
  try {
    const size = bundle.size(path)
    if (!reader.takes(size)) {
      texts.report(`The log of cell ${name} is not read: it has ${size} bytes`)
      return null
    }
    for (const line of bundle.readCellLog(path)) page.add(line)
  } catch (error) {
    if (!(error instanceof CodecellError)) throw error
    texts.report(`The log of cell ${name} cannot be read to its end: ${reasonOf(error)}`)
  }
  reader.keep(page)
  return page
}

/** Returns the index of each nested call by its id in the cell: `tool-1`, …. */
function runtimeIds(cell: CodeCell, state: TraceState): ReadonlyMap<string, number> {
  const entries = cell.nested_tool_call_ids.map((id, index): [string, number] => [
    state.tool_calls[id]?.code_mode_runtime_tool_id ?? '',
    index,
  ])
  return new Map(entries)
}

function cellOf(cell: CodeCell, { state, payloads, texts }: Parts, log: CellLogPage | null): ViewCell {
  const responses = cellResponses(cell, state, payloads)
  const printed = log?.printed ?? responses.printed
  const nestedCalls = texts.first(cell.nested_tool_call_ids, maxNestedCalls, 'calls of a cell')
  return {
    id: cellEntryId(cell.code_cell_id),
    source: texts.source(cell.source_js),
    end: cellEnd(cell, {
      state,
      payloads,
      errorText: responses.errorText,
      endedBySession: log?.endedBySession === true,
      hasLog: log !== null,
    }),
    yields: log !== null && log.yields.length > responses.yields.length ? log.yields : responses.yields,
    nestedCallIds: nestedCalls.map(callEntryId),
    marks: log?.marks ?? marksOf(cell, responses.errorText, state),
    events: log?.events ?? [],
    errorText: responses.errorText === null ? null : texts.preview(responses.errorText),
    modelSaw: responses.modelSaw.map(({ at, callId, text }) => ({ at, callId, text: text.preview(texts) })),
    printed: printed?.preview(texts) ?? null,
    hasLog: log !== null,
  }
}

function marksOf(cell: CodeCell, errorText: string | null, state: TraceState): readonly ViewMark[] {
  const names = cell.nested_tool_call_ids.map((id) => {
    const call = state.tool_calls[id]
    return call === undefined ? '' : programName(call)
  })
  const line = errorText === null ? null : errorLine(errorText)
  const error: readonly ViewMark[] = line === null ? [] : [{ line, kind: 'error', index: -1, isCertain: true }]
  return [...guessMarks(cell.source_js, names), ...error]
}
