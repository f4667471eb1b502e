import type { SessionListener } from '../../../index.ts'
import type { ClientTrace } from '../../../mcp-server.ts'
import {
  createTraceRecorder,
  openTraceBundle,
  reduceTrace,
  showTrace,
  type TraceRecorder,
  type TraceSchema,
} from '../../../trace.ts'

/** The maximum number of cells of a client whose traces are listed. */
const maxListed = 50

/** Records each client of `codecell serve --trace` as a bundle in `root`. */
export function clientTraces(
  root: string,
  schema: TraceSchema,
  onWarning: (message: string) => void,
): () => ClientTrace {
  return () => {
    const recorder = createTraceRecorder({ root, schema, onWarning })
    const cells: string[] = []
    const listed: SessionListener = {
      onEvent(event) {
        if (event.type === 'cell_started') cells.push(event.cellId)
        if (cells.length > maxListed) cells.shift()
      },
    }
    return {
      listeners: [recorder.rootThread.listen(), listed],
      cells: () => cells,
      read: async (cellId) => await traceOf(recorder, cellId),
      close: () => recorder.close(),
    }
  }
}

/** Returns the trace of a cell so far, as `codecell trace show` prints it; null for an unknown cell. */
async function traceOf(recorder: TraceRecorder, cellId: string): Promise<string | null> {
  await recorder.flush()
  const bundle = openTraceBundle(recorder.directory)
  const state = reduceTrace(bundle.manifest, bundle.events(), bundle.payloads)
  if (!Object.values(state.code_cells).some(({ runtime_cell_id: id }) => id === cellId)) return null
  return [...showTrace(state, bundle, { width: 120, full: false, color: false, cell: cellId })].join('\n')
}
