import { openSession, type Session, type SessionOptions } from '../../index.ts'
import { usageError, type CommandLine } from '../common/command-line.ts'
import { execSpec } from '../specs/run-commands.ts'

/** A run in a durable session. */
export type DurableRun = {
  readonly options: Pick<SessionOptions, 'sessionId'> & { readonly storage: string }
  /** Whether the run starts no cell, but resumes those of the session. */
  readonly isResumed: boolean
}

/** Returns the durable run that the flags select, null for a run in memory. */
export function durableRun(line: CommandLine): DurableRun | null {
  const folder = line.text('durable')
  const id = line.text('session')
  const isResumed = line.has('resume')
  if (folder === undefined) {
    if (id !== undefined || isResumed)
      throw usageError(execSpec, 'Cannot use --session or --resume without --durable DIR')
    return null
  }
  if (isResumed && id === undefined) throw usageError(execSpec, 'Cannot resume: expected --session ID')
  return { options: { storage: folder, ...(id === undefined ? {} : { sessionId: id }) }, isResumed }
}

/** Returns the file with the program, null for a run that only resumes cells. */
export function fileOf({ args }: CommandLine, durable: DurableRun | null): string | null {
  const [file] = args
  if (durable?.isResumed === true) {
    if (file === undefined) return null
    throw usageError(execSpec, `Cannot run "${file}" with --resume: it resumes the cells of the session`)
  }
  if (file !== undefined) return file
  throw usageError(execSpec, 'Cannot run "codecell exec": expected FILE, or "-" for standard input')
}

/** Opens a session that must exist. */
export async function openDurable(options: SessionOptions): Promise<Session> {
  const { sessionId = '', storage = '' } = options
  return await openSession({ ...options, storage, sessionId })
}
