import { CodecellError } from '../../errors.ts'
import { guessMarks } from './guess-line-marks.ts'
import type { FoundCellRecord, TraceBundle } from '../bundle/open-bundle.ts'
import type { CodeCell, TraceState } from '../format/trace-state.ts'
import type { ViewCell, ViewMark } from './view-data.ts'
import type { ViewPayloads } from './payloads.ts'
import { errorLine, RecordReader, type RecordPage } from './cell-log.ts'
import { cellResponses } from './responses.ts'
import { reasonOf, type ViewTexts } from './bounded-texts.ts'
import { toolName } from './tool-calls.ts'

/** The most cells that a page is given, and the most calls of one of them. */
const mostCells = 20_000
const mostNestedCalls = 50_000

type Parts = {
  readonly bundle: TraceBundle
  readonly state: TraceState
  readonly payloads: ViewPayloads
  readonly texts: ViewTexts
}

/** The cells of a bundle, in the order in which they began. */
export function viewCells(parts: Parts): readonly ViewCell[] {
  const { bundle, state, texts } = parts
  const cells = Object.values(state.code_cells).toSorted(
    (left, right) => left.execution.started_seq - right.execution.started_seq,
  )
  const records = recordsOf(bundle, texts)
  const reader = new RecordReader(texts)
  return texts.first(cells, mostCells, 'cells').map((cell) => {
    const record = records.get(recordKey(cell.thread_id, cell.runtime_cell_id))
    return cellOf(cell, parts, record === undefined ? null : readRecord(cell, record, parts, reader))
  })
}

/** The records that can be listed; a bad one ends the list. */
function recordsOf(bundle: TraceBundle, texts: ViewTexts): ReadonlyMap<string, FoundCellRecord> {
  const records = new Map<string, FoundCellRecord>()
  try {
    for (const record of bundle.cellRecords()) {
      records.set(recordKey(record.head.thread_id, record.head.cell_id), record)
    }
  } catch (error) {
    if (!(error instanceof CodecellError)) throw error
    texts.report(`Some records of cells cannot be read: ${reasonOf(error)}`)
  }
  return records
}

/** Cells of two threads may have the same id. */
function recordKey(threadId: string, cellId: string | null): string {
  return JSON.stringify([threadId, cellId])
}

function readRecord(cell: CodeCell, { path }: FoundCellRecord, parts: Parts, reader: RecordReader): RecordPage | null {
  const { bundle, state, texts } = parts
  const page = reader.newPage(runtimeIds(cell, state))
  try {
    const size = bundle.size(path)
    if (!reader.takes(size)) {
      texts.report(`The record of cell ${cell.code_cell_id} has ${size} bytes, too many to be read`)
      return null
    }
    for (const line of bundle.readCellRecord(path)) page.add(line)
  } catch (error) {
    if (!(error instanceof CodecellError)) throw error
    texts.report(`The record of cell ${cell.code_cell_id} cannot be read to its end: ${reasonOf(error)}`)
  }
  reader.keep(page)
  return page
}

/** Which of its nested calls a cell knows as `tool-1`, and so on. */
function runtimeIds(cell: CodeCell, state: TraceState): ReadonlyMap<string, number> {
  const entries = cell.nested_tool_call_ids.map((id, index): [string, number] => [
    state.tool_calls[id]?.code_mode_runtime_tool_id ?? '',
    index,
  ])
  return new Map(entries)
}

function cellOf(cell: CodeCell, { state, payloads, texts }: Parts, record: RecordPage | null): ViewCell {
  const { started_at_unix_ms: start, ended_at_unix_ms: end } = cell.execution
  const responses = cellResponses(cell, state, payloads)
  const printed = record?.printed ?? responses.printed
  return {
    id: cell.code_cell_id,
    cellId: texts.name(cell.runtime_cell_id ?? ''),
    threadId: cell.thread_id,
    turnId: cell.codex_turn_id,
    callId: texts.name(cell.model_visible_call_id),
    status: cell.runtime_status,
    span: { start, end },
    yields: record !== null && record.yields.length > responses.yields.length ? record.yields : responses.yields,
    source: texts.source(cell.source_js),
    nestedCallIds: texts.first(cell.nested_tool_call_ids, mostNestedCalls, 'calls of a cell'),
    waitCallIds: cell.wait_tool_call_ids,
    marks: record?.marks ?? marksOf(cell, responses.errorText, state),
    happenings: record?.happenings ?? [],
    errorText: responses.errorText === null ? null : texts.preview(responses.errorText),
    modelSaw: responses.modelSaw.map(({ at, callId, text }) => ({ at, callId, text: text.preview(texts) })),
    printed: printed?.preview(texts) ?? null,
    hasRecord: record !== null,
  }
}

function marksOf(cell: CodeCell, errorText: string | null, state: TraceState): readonly ViewMark[] {
  const names = cell.nested_tool_call_ids.map((id) => {
    const call = state.tool_calls[id]
    return call === undefined ? '' : toolName(call)
  })
  const line = errorText === null ? null : errorLine(errorText)
  const error: readonly ViewMark[] = line === null ? [] : [{ line, kind: 'error', index: -1, isCertain: true }]
  return [...guessMarks(cell.source_js, names), ...error]
}
