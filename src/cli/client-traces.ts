import type { ClientTrace } from '../mcp-server.ts'
import { createTraceRecorder } from '../trace.ts'

/** What `codecell serve --trace` records: a bundle below `root` for each client. */
export function clientTraces(root: string, onWarning: (message: string) => void): () => ClientTrace {
  return () => {
    const recorder = createTraceRecorder({ root, onWarning })
    return {
      listener: recorder.rootThread.listen(),
      read: () => Promise.resolve(null),
      close: () => recorder.close(),
    }
  }
}
