import { CodecellError } from '../../errors.ts'
import { listFolderSessions, reportFolderSession, type StorageLocation } from '../disk/read-sessions.ts'
import type { SessionReport, SessionSummary, UnreadableSession } from '../disk/session-report.ts'
import { listSharedSessions, reportSharedSession } from '../shared/report-session.ts'
import type { SharedStore } from '../shared/shared-store.ts'

/** A shared store with sessions. */
export type StoreLocation = { readonly store: SharedStore }

type Summaries = readonly (SessionSummary | UnreadableSession)[]
type WithId = { readonly sessionId: string }

/**
 * Lists the sessions of a folder or of a tenant in a shared store, the most recently active first. It changes nothing; other
 * processes may have the sessions open. A corrupt session is listed with the reason. From a shared store it reads each session.
 *
 * @throws {CodecellError} `SESSION_NOT_FOUND` when the folder does not exist, `STORE_UNREACHABLE`
 */
export function readSessions(options: StorageLocation): Summaries
export function readSessions(options: StoreLocation): Promise<Summaries>
export function readSessions(options: StorageLocation | StoreLocation): Summaries | Promise<Summaries>
export function readSessions(options: StorageLocation | StoreLocation): Summaries | Promise<Summaries> {
  checkOne(options)
  if ('storage' in options) return byActivity(listFolderSessions(options))
  return listSharedSessions(options.store).then(byActivity)
}

/**
 * Reports everything that is stored of one session. It changes nothing; a process may have the session open.
 *
 * @throws {CodecellError} `SESSION_NOT_FOUND`, `SESSION_INVALID` for a corrupt session, `INVALID_OPTION` for an invalid id,
 * `STORE_UNREACHABLE`
 * @example
 * ```ts
 * const { cellList, ledger } = readSession({ storage: 'sessions', sessionId: 'invoices' })
 * const report = await readSession({ store, sessionId: 'invoices' })
 * ```
 */
export function readSession(options: StorageLocation & WithId): SessionReport
export function readSession(options: StoreLocation & WithId): Promise<SessionReport>
export function readSession(options: (StorageLocation | StoreLocation) & WithId): SessionReport | Promise<SessionReport>
export function readSession(
  options: (StorageLocation | StoreLocation) & WithId,
): SessionReport | Promise<SessionReport> {
  checkOne(options)
  return 'storage' in options ? reportFolderSession(options) : reportSharedSession(options.store, options.sessionId)
}

/** Callers in JavaScript can pass any object. */
function checkOne(options: object): void {
  const count = ['storage', 'store'].filter((name) => name in options).length
  if (count === 1) return
  const got = count === 0 ? 'neither' : 'both'
  throw new CodecellError(
    'INVALID_OPTION',
    `Cannot read sessions: expected the option "storage" or "store", got ${got}`,
    {
      details: { option: 'store', expected: 'one of "storage" and "store"' },
    },
  )
}

function byActivity(sessions: Summaries): Summaries {
  return sessions.toSorted((left, right) => activityOf(right) - activityOf(left) || (left.id < right.id ? -1 : 1))
}

function activityOf(session: SessionSummary | UnreadableSession): number {
  return session.type === 'session' ? session.lastActivityAt : 0
}
