import {
  createCodeModeTools,
  createSession,
  type CodeModeTools,
  type Session,
  type SessionOptions,
} from '../../../src/index.ts'
import {
  createTraceRecorder,
  openTraceBundle,
  reduceTrace,
  type TraceBundle,
  type TraceRecorder,
  type TraceRecorderOptions,
} from '../../../src/trace.ts'
import type { TraceState } from '../../../src/trace-format.ts'
import { newFolder } from '../../support/folder.ts'
import { sharedHosts } from '../../support/hosts.ts'

export type Recorded = {
  readonly directory: string
  readonly bundle: TraceBundle
  readonly state: TraceState
  readonly warnings: readonly string[]
}

export type Recording = { readonly recorder: TraceRecorder; readonly session: Session; readonly model: CodeModeTools }

let isThreadKept = false

/** The writing thread runs while a bundle is open. Starting it takes longer than most tests. */
function keepWriterThread(root: string): void {
  if (!isThreadKept) createTraceRecorder({ root })
  isThreadKept = true
}

/** Starts a recorder in a new folder. */
export function startRecorder(options: Partial<TraceRecorderOptions> = {}): TraceRecorder {
  const root = newFolder()
  keepWriterThread(root)
  return createTraceRecorder({ root, ...options })
}

/** Runs a function in a recorded session, and reduces the bundle in `root`. */
export async function record(
  options: SessionOptions,
  run: (recording: Recording) => Promise<unknown>,
  root: string = newFolder(),
): Promise<Recorded> {
  keepWriterThread(root)
  const warnings: string[] = []
  const recorder = createTraceRecorder({ root, onWarning: (text) => warnings.push(text) })
  const hosts = sharedHosts('in-process')
  const session = await createSession({ hosts, ...options, listeners: [recorder.rootThread.listen()] })
  await run({ recorder, session, model: createCodeModeTools(session, { waitBackoff: { minMs: 0 } }) })
  await session.close()
  await recorder.close()
  return { ...reduced(recorder.directory), warnings }
}

export function reduced(directory: string): Omit<Recorded, 'warnings'> {
  const bundle = openTraceBundle(directory)
  return { directory, bundle, state: reduceTrace(bundle.manifest, bundle.events(), bundle.payloads) }
}

/** Calls a method as a caller in JavaScript can: with any arguments. */
export function callUntyped(object: object, method: string, ...args: readonly unknown[]): unknown {
  const found: unknown = Reflect.get(object, method)
  if (typeof found !== 'function') throw new Error(`${method} is not a method`)
  return Reflect.apply(found, object, args)
}
