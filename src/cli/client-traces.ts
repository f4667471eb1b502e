import type { SessionListener } from '../index.ts'
import type { ClientTrace } from '../mcp-server.ts'
import { createTraceRecorder, openTraceBundle, reduceTrace, showTrace, type TraceRecorder } from '../trace.ts'

/** Most cells of a client whose traces are listed. */
const maxListed = 50

/** What `codecell serve --trace` records: a bundle below `root` for each client. */
export function clientTraces(root: string, onWarning: (message: string) => void): () => ClientTrace {
  return () => {
    const recorder = createTraceRecorder({ root, onWarning })
    const cells: string[] = []
    const listed: SessionListener = {
      onEvent(activity) {
        if (activity.type === 'cell_started') cells.push(activity.cellId)
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

/** What happened in a cell so far, as `codecell trace show` tells it. */
async function traceOf(recorder: TraceRecorder, cellId: string): Promise<string | null> {
  await recorder.flush()
  const bundle = openTraceBundle(recorder.directory)
  const state = reduceTrace(bundle.manifest, bundle.events(), bundle.payloads)
  if (!Object.values(state.code_cells).some(({ runtime_cell_id: id }) => id === cellId)) return null
  return [...showTrace(state, bundle, { width: 120, full: false, color: false, cell: cellId })].join('\n')
}
