import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import {
  createExecAndWait,
  createSession,
  type ExecAndWait,
  type Session,
  type SessionOptions,
} from '../../src/index.ts'
import { inProcessHostPool } from '../../src/in-process.ts'
import {
  createTraceRecorder,
  openTraceBundle,
  reduceTrace,
  type TraceBundle,
  type TraceRecorder,
  type TraceState,
} from '../../src/trace.ts'

export type Recorded = {
  readonly directory: string
  readonly bundle: TraceBundle
  readonly state: TraceState
  readonly warnings: readonly string[]
}

/** A new folder that goes with the test. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'codecell-trace-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export type Recording = { readonly recorder: TraceRecorder; readonly session: Session; readonly model: ExecAndWait }

/** Runs something in a session that is recorded, and reduces what came of it. */
export async function record(
  options: SessionOptions,
  run: (recording: Recording) => Promise<unknown>,
): Promise<Recorded> {
  const warnings: string[] = []
  const recorder = createTraceRecorder({ root: newFolder(), onWarning: (text) => warnings.push(text) })
  await using hosts = inProcessHostPool()
  const session = await createSession({ hosts, ...options, listeners: [recorder.rootThread.listen()] })
  await run({ recorder, session, model: createExecAndWait(session) })
  await session.close()
  await recorder.close()
  return { ...reduced(recorder.directory), warnings }
}

export function reduced(directory: string): Omit<Recorded, 'warnings'> {
  const bundle = openTraceBundle(directory)
  return { directory, bundle, state: reduceTrace(bundle.manifest, bundle.events(), bundle.payloads) }
}
