import { randomUUID } from 'node:crypto'
import type { InboxResult } from '../storage/inbox-content.ts'
import type { LedgerEntry } from '../storage/ledger.ts'
import { readSession } from '../storage/reports/read-sessions.ts'
import { checkOptions } from '../options/check-options.ts'
import type { CallResultInput, ProvideResultOptions } from './api/deferred-call.ts'
import {
  alreadyProvided,
  checkDeferred,
  isRepeated,
  notDeferred,
  parseResultInput,
  providedResult,
  requestIdOf,
} from './deferred/provided-result.ts'
import { resolveLimits } from './common/limits.ts'
import { storedInboxOf, type StoredInbox, type StoredSession } from './inbox/stored-inbox.ts'

/** The result of a deferred call of a stored session, in a folder or a shared store: a `result` or an `error`. */
export type StoredCallResult = StoredSession & ProvideResultOptions & { readonly key: string } & CallResultInput

/**
 * Provides the result of a deferred call of a stored session, which can be open in another process or in none. Resolves when the
 * result is on record for the owner of the session, who takes it at once or when the session is opened. A cell that ends first does
 * not receive it. To provide results of an open session in its own process, use `session.provideResult`.
 *
 * @throws {CodecellError} `CALL_NOT_DEFERRED` when the call does not wait for a result, or has one; `INVALID_OPTION` for a result
 * that is not JSON or exceeds a default limit; `SESSION_NOT_FOUND`, `SESSION_INVALID`, `STORAGE_FAILED`, `STORE_UNREACHABLE`; of a
 * shared store also `LIMIT_EXCEEDED` for a full inbox or a large result
 * @example
 * ```ts
 * await provideResult({ storage: 'sessions', sessionId: 'invoices', key, result: { approved: true } })
 * ```
 */
export async function provideResult(options: StoredCallResult): Promise<void> {
  checkOptions<Record<string, unknown>>('provideResult', options, {
    storage: 'any',
    store: 'any',
    sessionId: 'any',
    key: 'any',
    requestId: 'any',
    result: 'any',
    error: 'any',
  })
  const { key, requestId } = options
  if (typeof key !== 'string') throw notDeferred(String(key), 'expected a string as key')
  // The id distinguishes this result from one of another process.
  const id = requestIdOf(requestId === undefined ? {} : { requestId }) ?? randomUUID()
  const result = providedResult(parseResultInput(options), id, resolveLimits(undefined))
  const inbox = storedInboxOf(options)
  // In this order: a result that leaves the inbox in between is on the ledger.
  const left = await resultLeft(inbox, key)
  const entry = await entryOf(options)
  if (isRepeated(entry, key, id)) return
  if (left !== null) return checkOwn(key, left, id)
  checkDeferred(key, entry, Date.now())
  await inbox.leave({ kind: 'tool_result', key, ...result })
  await checkLeft(options, inbox, id)
}

async function resultLeft(inbox: StoredInbox, key: string): Promise<InboxResult | null> {
  return await inbox.find({ kind: 'tool_result', key })
}

/** Checks that the inbox or the ledger has this result, and not that of another process. */
async function checkLeft(options: StoredCallResult, inbox: StoredInbox, id: string): Promise<void> {
  const { key } = options
  const left = await resultLeft(inbox, key)
  const provided = (await entryOf(options))?.deferral?.provided ?? null
  if (provided?.id === id) return
  if (provided !== null) {
    if (left?.id === id) inbox.withdraw(left)
    throw alreadyProvided(key, provided)
  }
  if (left !== null) return checkOwn(key, left, id)
  throw notDeferred(key, 'its cell ended, or the call expired, before the result was taken')
}

function checkOwn(key: string, left: InboxResult, id: string): void {
  if (left.id !== id) throw alreadyProvided(key, left)
}

/** Returns the call; null for a key of another session. */
async function entryOf(options: StoredCallResult): Promise<LedgerEntry | null> {
  const { key } = options
  const { ledger, cellList } = await readSession(options)
  const entry = ledger.find((call) => call.key === key) ?? null
  const cell = cellList.find(({ cellId }) => cellId === entry?.cellId)
  if (entry?.state === 'deferred' && cell !== undefined && cell.state.type !== 'running') {
    throw notDeferred(key, `cell ${cell.cellId} has ended`)
  }
  return entry
}
