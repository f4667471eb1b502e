import { readFolderCall } from '../disk/read-call.ts'
import type { CallContent } from '../call-content.ts'
import type { StorageLocation } from '../disk/read-sessions.ts'
import type { LedgerEntry } from '../ledger.ts'
import { readSharedCall } from '../shared/read-call.ts'
import type { StoreLocation } from './read-sessions.ts'

/**
 * Reads the whole input and the result of a call of a stored session, as far as they are stored: those of calls that can be reverted,
 * of pending and deferred calls, and the results that a running cell has received. It changes nothing.
 *
 * @throws {CodecellError} `SESSION_NOT_FOUND`, `SESSION_INVALID`, `STORE_UNREACHABLE`
 */
export async function readCall(
  session: (StorageLocation | StoreLocation) & { readonly sessionId: string },
  { cellId, callId }: Pick<LedgerEntry, 'cellId' | 'callId'>,
): Promise<CallContent> {
  const call = { cellId, number: Number(callId.slice('tool-'.length)) }
  if ('store' in session) return await readSharedCall(session.store, session.sessionId, call)
  return readFolderCall(session, call)
}
