import { CodecellError } from '../errors.ts'
import { checkOptions } from '../options/check-options.ts'
import { readSession } from '../storage/reports/read-sessions.ts'
import type { CellEnding } from '../storage/session-store.ts'
import { storedInboxOf, type StoredSession } from './inbox/stored-inbox.ts'

/** The termination of a cell of a stored session, in a folder or a shared store. */
export type StoredTermination = StoredSession & { readonly cellId: string }

/** `requested`: the request is on record for the owner of the session. `ended`: the cell has ended before. */
export type TerminationReport = { readonly type: 'requested' } | { readonly type: 'ended'; readonly ending: CellEnding }

/**
 * Terminates a cell of a stored session, which can be open in another process or in none. Resolves when the request is on record for
 * the owner of the session, who takes it at once, or when the session is opened; the cell does not resume then. The next observation
 * of the cell returns its last outcome. A repeated request has no effect. To terminate a cell in the process that has the session
 * open, use `session.terminate`.
 *
 * @throws {CodecellError} `CELL_NOT_FOUND`; `SESSION_NOT_FOUND`, `SESSION_INVALID`, `STORAGE_FAILED`, `STORE_UNREACHABLE`;
 * `LIMIT_EXCEEDED` for a full inbox
 * @example
 * ```ts
 * await terminateCell({ storage: 'sessions', sessionId: 'invoices', cellId: '3' })
 * ```
 */
export async function terminateCell(options: StoredTermination): Promise<TerminationReport> {
  checkOptions<Record<string, unknown>>('terminateCell', options, {
    storage: 'any',
    store: 'any',
    sessionId: 'any',
    cellId: 'any',
  })
  const { cellId } = options
  const { cellList, id } = await readSession(options)
  const cell = cellList.find((each) => each.cellId === cellId)
  if (cell === undefined) throw notFound(id, cellId)
  if (cell.state.type !== 'running') return { type: 'ended', ending: cell.state.ending }
  await storedInboxOf(options).leave({ kind: 'termination', key: cellId, at: Date.now() })
  return { type: 'requested' }
}

function notFound(sessionId: string, cellId: unknown): CodecellError {
  const name = String(cellId).slice(0, 40)
  return new CodecellError(
    'CELL_NOT_FOUND',
    `Cannot terminate cell ${JSON.stringify(name)}: session "${sessionId}" has no such cell`,
    {
      details: { cellId: name },
    },
  )
}
