import { CodecellError } from '../../errors.ts'
import { newerThan } from '../logs/content-needs.ts'
import { textOf } from '../logs/log-errors.ts'
import type { NodeAddress, OpenLog } from '../logs/session-logs.ts'
import type { SessionStore } from '../session-store.ts'
import { LoggedSessionStore, type LoggedStoreLimits } from './logged-session-store.ts'
import { isNewerFormat, recordFormat } from './records/record-format.ts'
import { inTime, releaseLog } from './release-log.ts'
import { LogStore, type SharedStore } from './shared-store.ts'

export type SharedOpening = { readonly mustExist: boolean; readonly limits: LoggedStoreLimits }

/**
 * Opens a session of a shared store, with its content.
 *
 * @throws {CodecellError} `SESSION_IN_USE` while a live node has it open, `SESSION_NOT_FOUND` with `mustExist`, `SESSION_INVALID`, `SESSION_MOVED`,
 * `INVALID_OPTION`, `STORE_UNREACHABLE`
 */
export async function openSharedSession(
  store: SharedStore,
  id: string,
  { mustExist, limits }: SharedOpening,
): Promise<SessionStore> {
  const log = await claimSession(store, id, mustExist)
  try {
    return await LoggedSessionStore.open(log, limits)
  } catch (error) {
    if (isNewerFormat(error)) {
      // Nodes of the newer version can open it.
      await inTime(releaseLog(log, { at: 0, needs: [newerThan(recordFormat)] }).catch(() => undefined))
      throw error
    }
    // A session that cannot be opened is left to users; otherwise each node would try it in turn.
    const isParked = CodecellError.is(error, 'SESSION_INVALID') || CodecellError.is(error, 'SESSION_MOVED')
    await inTime(releaseLog(log, { at: 0, isParked }).catch(() => undefined))
    throw error
  }
}

/**
 * Takes the right to write a session of a store.
 *
 * @throws {CodecellError} `SESSION_IN_USE`, `SESSION_NOT_FOUND` with `mustExist`, `INVALID_OPTION`, `STORE_UNREACHABLE`
 */
export async function claimSession(store: SharedStore, id: string, mustExist: boolean): Promise<OpenLog> {
  const opened = await LogStore.openLog(store, id, { mustExist })
  if (!('heldBy' in opened)) return opened
  const { tenant, location } = store
  const { heldBy } = opened
  const text = `Cannot open session "${textOf({ tenant, id })}" of the store ${location}: ${holderText(heldBy)} has it open`
  throw new CodecellError('SESSION_IN_USE', text, { details: { node: heldBy.node, url: heldBy.url } })
}

/** Returns a live node in words. */
function holderText({ node, url }: NodeAddress): string {
  return url === null ? `node ${node}` : `the node at ${url}`
}
