import { CodecellError } from '../../errors.ts'
import { engineIdOf } from '../../protocol/engine-print.ts'
import type { CellReport, SessionReport } from '../../storage/disk/session-report.ts'
import type { CellDetail } from '../api.ts'
import type { LiveCell } from '../live/live-cell.ts'
import type { FoundTrace, TraceLibrary } from '../traces/trace-library.ts'
import type { Workspace } from '../workspace/workspace.ts'
import { orderedWaits } from '../data/cell-items.ts'

/** Maximum number of waits that a page gets. */
const maxWaits = 1000

/** @throws {CodecellError} `CELL_NOT_FOUND`, and the errors of `readSession` */
export async function cellDetail(
  workspace: Workspace,
  { sessionId, cellId }: { readonly sessionId: string; readonly cellId: string },
  traces: TraceLibrary | null,
): Promise<CellDetail> {
  const report = await workspace.report(sessionId)
  const cell = report.cellList.find((each) => each.cellId === cellId)
  const item = workspace.index.get(sessionId)?.cells.find((each) => each.cellId === cellId)
  if (cell === undefined || item === undefined) throw noCell(sessionId, cellId)
  const live = workspace.live.find(sessionId)?.cell(cellId) ?? null
  const { state, engine, source, execCallId } = cell
  const trace = traces?.traceOf(cell) ?? null
  const waits = state.type === 'running' ? orderedWaits(state.waits).slice(0, maxWaits) : []
  return {
    ...item,
    execCallId,
    source,
    allWaits: waits,
    waitsAt: locationsOf(report, cellId, waits),
    error: state.type === 'running' ? null : state.errorText,
    residence: residenceOf(report, cell, live),
    engine: engine === null ? null : { name: engine.name, version: engine.version, id: engineIdOf(engine) },
    ...outputOf(live, traces, trace),
    trace: trace === null ? null : `/trace/${encodeURIComponent(trace.bundle.name)}/`,
  }
}

/** Returns the output that this process has seen, or the one in the trace. */
function outputOf(
  live: LiveCell | null,
  traces: TraceLibrary | null,
  trace: FoundTrace | null,
): Pick<CellDetail, 'output' | 'outputIs'> {
  if (live !== null) return { output: live.output, outputIs: live.isOutputComplete ? 'complete' : 'partial' }
  if (traces === null || trace === null) return { output: [], outputIs: 'unknown' }
  const { items, isComplete } = traces.outputOf(trace)
  return { output: items, outputIs: isComplete ? 'complete' : 'partial' }
}

function locationsOf({ ledger }: SessionReport, cellId: string, waits: CellDetail['allWaits']): CellDetail['waitsAt'] {
  const waiting = new Set(waits.flatMap((wait) => ('callId' in wait ? wait.callId : [])))
  return ledger.flatMap(({ cellId: cell, callId, identifier, location }) =>
    cell === cellId && location !== null && waiting.has(callId) ? { ...location, callId, identifier } : [],
  )
}

function residenceOf(
  { openedBy }: SessionReport,
  { state }: CellReport,
  live: LiveCell | null,
): CellDetail['residence'] {
  if (state.type !== 'running') return 'ended'
  if (live !== null) return live.residence
  return openedBy === null ? 'not_open' : 'unknown'
}

function noCell(sessionId: string, cellId: string): CodecellError {
  const name = JSON.stringify(cellId.slice(0, 40))
  return new CodecellError('CELL_NOT_FOUND', `Cannot show cell ${name}: session "${sessionId}" has no such cell`, {
    details: { cellId: cellId.slice(0, 40) },
  })
}
