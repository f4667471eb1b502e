import type { SessionListener } from '../../index.ts'
import { usageError, type CommandLine } from '../common/command-line.ts'
import type { CommandSpec } from '../specs/command-spec.ts'
import type { TraceSchema } from '../../trace.ts'

/** Returns the value of `--trace-schema`, which needs `--trace`. */
export function traceSchemaOf(spec: CommandSpec, line: CommandLine): TraceSchema {
  const schema = line.text('trace-schema')
  if (schema !== undefined && line.text('trace') === undefined) {
    throw usageError(spec, 'Cannot use --trace-schema without --trace DIR')
  }
  return schema === '2' ? 2 : 3
}

/** A recording of one session for `--trace`. Disposing it completes the bundle. */
export interface RunRecording extends AsyncDisposable {
  readonly listeners: readonly SessionListener[]
}

export type RunRecordingOptions = {
  /** The folder for bundles, undefined to record nothing. */
  readonly root: string | undefined
  readonly schema: TraceSchema
  readonly signal: AbortSignal
  readonly onWarning: (message: string) => void
  /** Called with the folder of a complete bundle; not called for a bundle with gaps. */
  readonly onRecorded: (directory: string) => void
}

/** Starts a recording. The recorded run must end before it is disposed. */
export async function runRecording(options: RunRecordingOptions): Promise<RunRecording> {
  const { root, schema, signal, onWarning, onRecorded } = options
  if (root === undefined) return { listeners: [], [Symbol.asyncDispose]: () => Promise.resolve() }
  // Imported when it is needed: it has a hundred modules.
  const { createTraceRecorder } = await import('../../trace.ts')
  let isComplete = true
  const recorder = createTraceRecorder({
    root,
    schema,
    onWarning(message) {
      isComplete = false
      onWarning(message)
    },
  })
  return {
    listeners: [recorder.rootThread.listen()],
    async [Symbol.asyncDispose]() {
      await recorder.close(signal.aborted ? 'aborted' : 'completed')
      if (isComplete) onRecorded(recorder.directory)
    },
  }
}
