import { openSession, type Session, type SessionOptions } from '../../index.ts'
import { CommandError, exitCodes } from '../exit-codes.ts'
import { textFlag, type Given } from '../flags.ts'

/** The flags of a run that survives its process. */
export const durableFlags = {
  durable: { type: 'string' },
  session: { type: 'string' },
  resume: { type: 'boolean' },
} as const

/** A run in a durable session. */
export type DurableRun = {
  readonly options: Pick<SessionOptions, 'sessionId'> & { readonly storage: string }
  /** No new cell: the cells that are there go on. */
  readonly isResumed: boolean
}

/** What the flags say; null: the run lives in memory. */
export function durableRun(given: Given): DurableRun | null {
  const folder = textFlag(given, 'durable')
  const id = textFlag(given, 'session')
  const isResumed = given.flags['resume'] === true
  if (folder === undefined) {
    if (id !== undefined || isResumed) throw usage('Cannot use --session or --resume without --durable DIR')
    return null
  }
  if (isResumed && id === undefined) throw usage('Cannot tell what to go on with: pass --session ID')
  return { options: { storage: folder, ...(id === undefined ? {} : { sessionId: id }) }, isResumed }
}

/** The file with the program, null for a run that only goes on. */
export function fileOf({ rest }: Given, durable: DurableRun | null): string | null {
  const [file, ...more] = rest
  if (durable?.isResumed === true) {
    if (file === undefined) return null
    throw usage(`Cannot run "${file}": --resume goes on with the cells that are there`)
  }
  if (file !== undefined && more.length === 0) return file
  throw usage('Cannot tell what to run: one file, or "-" for standard input, is expected')
}

/** A session that has to be there already. */
export async function openDurable(options: SessionOptions): Promise<Session> {
  const { sessionId = '', storage = '' } = options
  return await openSession({ ...options, storage, sessionId })
}

function usage(message: string): CommandError {
  return new CommandError(exitCodes.usage, `${message}\nSee: codecell help exec`)
}
