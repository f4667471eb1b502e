import type { SessionListener } from '../../index.ts'
import { createTraceRecorder } from '../../trace.ts'

/** What `--trace` records of one session; ends with the block that it is used in. */
export interface RunRecording extends AsyncDisposable {
  readonly listeners: readonly SessionListener[]
}

export type RunRecordingOptions = {
  /** The folder for bundles; undefined: nothing is recorded. */
  readonly root: string | undefined
  readonly signal: AbortSignal
  readonly onWarning: (message: string) => void
  /** Told the bundle's folder when all of it is there; not told of one that has a hole. */
  readonly onRecorded: (directory: string) => void
}

/** Starts to record. The run that it records must end first. */
export function runRecording({ root, signal, onWarning, onRecorded }: RunRecordingOptions): RunRecording {
  if (root === undefined) return { listeners: [], [Symbol.asyncDispose]: () => Promise.resolve() }
  let isWhole = true
  const recorder = createTraceRecorder({
    root,
    onWarning(message) {
      isWhole = false
      onWarning(message)
    },
  })
  return {
    listeners: [recorder.rootThread.listen()],
    async [Symbol.asyncDispose]() {
      await recorder.close(signal.aborted ? 'aborted' : 'completed')
      if (isWhole) onRecorded(recorder.directory)
    },
  }
}
