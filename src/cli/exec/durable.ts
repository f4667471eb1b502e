import { openSession, type Session, type SessionOptions } from '../../index.ts'
import { usageError, type CommandLine } from '../common/command-line.ts'
import type { Io } from '../common/io.ts'
import { flagLocation, locationOf, type SessionLocation } from '../common/session-location.ts'
import { execSpec } from '../specs/run-commands.ts'

/** A run in a durable session. Disposing it disconnects from a shared store. */
export interface DurableRun extends AsyncDisposable {
  readonly options: Pick<SessionOptions, 'sessionId'> & SessionLocation['options']
  /** Whether the run starts no cell, but resumes those of the session. */
  readonly isResumed: boolean
}

/** Returns the durable run that the flags select, null for a run in memory. */
export function durableRun(line: CommandLine, env: Io['env']): DurableRun | null {
  const id = line.text('session')
  const isResumed = line.has('resume')
  const needsLocation = id !== undefined || isResumed
  const location = needsLocation ? locationOf(line, env) : flagLocation(line)
  if (location === null) {
    if (needsLocation)
      throw usageError(execSpec, 'Cannot use --session or --resume without --durable DIR or --store URL')
    return null
  }
  if (isResumed && id === undefined) throw usageError(execSpec, 'Cannot resume: expected --session ID')
  return {
    options: { ...location.options, ...(id === undefined ? {} : { sessionId: id }) },
    isResumed,
    [Symbol.asyncDispose]: () => location[Symbol.asyncDispose](),
  }
}

/** Where a program comes from; null for a run that only resumes cells. */
export type ProgramInput =
  | { readonly type: 'file'; readonly file: string }
  | { readonly type: 'code'; readonly code: string }

/** Returns the program that a command line names: a file, or the value of --eval. */
export function inputOf(line: CommandLine, durable: DurableRun | null): ProgramInput | null {
  const [file] = line.args
  const code = line.text('eval')
  if (durable?.isResumed === true) {
    if (file === undefined && code === undefined) return null
    throw usageError(execSpec, `Cannot run "${file ?? code}" with --resume: it resumes the cells of the session`)
  }
  if (file !== undefined && code !== undefined) {
    throw usageError(execSpec, `Cannot run "codecell exec": expected FILE or --eval, got "${file}" and --eval`)
  }
  if (code !== undefined) return { type: 'code', code }
  if (file !== undefined) return { type: 'file', file }
  throw usageError(execSpec, 'Cannot run "codecell exec": expected FILE, "-" for standard input, or --eval CODE')
}

/** Opens a session that must exist. */
export async function openDurable(options: SessionOptions): Promise<Session> {
  const { sessionId = '', storage = '', store } = options
  return await (store === undefined
    ? openSession({ ...options, storage, sessionId })
    : openSession({ ...options, store, sessionId }))
}
