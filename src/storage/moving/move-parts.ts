import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { CodecellError } from '../../errors.ts'
import { textOf } from '../logs/log-errors.ts'
import type { OpenLog, Projection } from '../logs/session-logs.ts'
import { storeBlobs, type StoredRecord } from '../shared/records/record-blobs.ts'
import type { LogRecord, RecordOf } from '../shared/records/log-record.ts'
import type { SharedStore } from '../shared/shared-store.ts'
import type { SessionMove } from '../session-move.ts'

/** The points of a move after which a crash is tested, in order. */
export type MoveStep =
  | 'opened'
  | 'numbered'
  | 'claimed'
  | 'announced'
  | 'copied'
  | 'compared'
  | 'marked'
  | 'posted'
  | 'activated'
  | 'emptied'

/** A session to move, and its two locations. */
export type MoveOptions = {
  /** The folder with the folders of sessions. */
  readonly root: string
  readonly store: SharedStore
  readonly id: string
  /** Called after each step; for tests. */
  readonly onStep?: (step: MoveStep) => void
}

/** The result of a move. */
export type MovedSession = {
  readonly sessionId: string
  /** Whether an earlier call has moved it, so that this one had nothing to do. */
  readonly wasMoved: boolean
  readonly cells: number
  readonly calls: number
}

/** The projection of a session that is not in the store. */
export const noProjection: Projection = { wakeAt: null, approvals: [], counts: { running: 0, finished: 0, closed: 0 } }

/** Maximum time for which a move waits for the store, in milliseconds. */
const maxWaitMs = 30_000

/** Returns the folder of a session in words, for users of the store. */
export function folderName({ root, id }: MoveOptions): string {
  return `the folder "${resolve(root, id)}" on ${hostname()}`
}

/** Returns the session of a store in words, for users of the folder. */
export function storeName({ store, id }: MoveOptions): string {
  return `session "${textOf({ tenant: store.tenant, id })}" of the store ${store.location}`
}

/** Returns the next move after `last`, which brings the session to another location. */
export function nextMove({ lineage, count }: SessionMove, other: string): SessionMove {
  return { lineage, move: randomUUID(), count: count + 1, state: 'arriving', other }
}

/** Returns the move of a session that was never moved. */
export function firstMove(): SessionMove {
  return { lineage: randomUUID(), move: randomUUID(), count: 0, state: 'here', other: '' }
}

/** Returns the move without the fields of its record. */
export function moveOf({ lineage, move, count, state, other }: SessionMove): SessionMove {
  return { lineage, move, count, state, other }
}

export function moveRecord(move: SessionMove, epochs: number): RecordOf<'move'> {
  return { type: 'move', cell: 0, epochs, ...move }
}

/**
 * Checks that a session can replace the content of its target: nothing, what it left there, or an earlier attempt to move it.
 * `last` is the last move of the target, `move` the one that is to be made.
 *
 * @throws {CodecellError} `SESSION_EXISTS`
 */
export function demandTarget(
  target: string,
  { isEmpty, last, move }: { readonly isEmpty: boolean; readonly last: SessionMove | null; readonly move: SessionMove },
): void {
  if (last === null ? isEmpty : last.lineage === move.lineage && canReplace(last, move)) return
  const reason =
    last?.lineage === move.lineage
      ? 'it has a later state of the same session'
      : last?.state === 'arriving'
        ? `another session of this name is on its way from ${last.other}`
        : 'it has another session of this name'
  throw new CodecellError('SESSION_EXISTS', `Cannot move the session to ${target}: ${reason}; nothing was moved`)
}

function canReplace(last: SessionMove, move: SessionMove): boolean {
  return last.state === 'moved' ? last.count < move.count : last.state === 'arriving' && last.count <= move.count
}

/** Whether a location has received this move, or a later one. */
export function hasReceived(last: SessionMove, move: SessionMove): boolean {
  if (last.lineage !== move.lineage) return false
  return last.count > move.count || (last.move === move.move && last.state === 'here')
}

/** Whether a location has the content of this move, and does not know yet that it was marked. */
export function isArriving(last: SessionMove | null, move: SessionMove): boolean {
  return last !== null && last.move === move.move && last.state === 'arriving'
}

/**
 * Adds records to a log, and waits until they are on record.
 *
 * @throws {CodecellError} `STORE_UNREACHABLE` when that takes too long, `SESSION_LOST`
 */
export async function addRecords(
  log: OpenLog,
  records: readonly LogRecord[],
  projection: Projection,
  taken: readonly string[] = [],
): Promise<void> {
  const { promise: timeout, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    const text = `Cannot move session "${textOf(log.name)}": ${log.trouble ?? 'the store does not respond'}; repeat the command`
    reject(new CodecellError('STORE_UNREACHABLE', text))
  }, maxWaitMs)
  try {
    await Promise.race([log.append(records, projection, taken), timeout])
  } finally {
    clearTimeout(timer)
  }
}

/** Replaces the content of a log, with long strings as blobs. */
export async function replaceContent(log: OpenLog, records: readonly LogRecord[]): Promise<void> {
  await log.snapshot(withBlobs(log, records))
}

/** Removes the content of a log, except for the mark of a move. */
export async function removeContent(log: OpenLog, mark: RecordOf<'move'>): Promise<void> {
  await log.snapshot(only(mark), { removesBlobs: true })
}

async function* only(record: LogRecord): AsyncGenerator<readonly LogRecord[]> {
  yield [record]
}

async function* withBlobs(log: OpenLog, records: readonly LogRecord[]): AsyncGenerator<readonly StoredRecord[]> {
  for (const record of records) yield [await storeBlobs(record, log)]
}

/**
 * Checks that this process still owns the log.
 *
 * @throws {CodecellError} `SESSION_LOST`
 */
export function demandOwned(log: OpenLog): void {
  if (log.isOpen && log.heldUntil.remainingMs() > 0) return
  const text = `Cannot move session "${textOf(log.name)}": the lease of the store ended; repeat the command`
  throw new CodecellError('SESSION_LOST', text)
}
