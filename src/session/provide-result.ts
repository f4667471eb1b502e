import { randomUUID } from 'node:crypto'
import { leaveResult, leftResult, withdrawResult } from '../storage/disk/files/result-inbox.ts'
import { layoutOf } from '../storage/disk/layout.ts'
import type { StorageLocation } from '../storage/disk/read-sessions.ts'
import type { LedgerEntry, ProvidedResult } from '../storage/ledger.ts'
import { readSession, type StoreLocation } from '../storage/reports/read-sessions.ts'
import { resultEntry, resultOf } from '../storage/shared/logged-inbox.ts'
import { LogStore } from '../storage/shared/shared-store.ts'
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

/** The result of a deferred call of a stored session, in a folder or a shared store: a `result` or an `error`. */
export type StoredCallResult = (StorageLocation | StoreLocation) &
  ProvideResultOptions & {
    readonly sessionId: string
    readonly key: string
  } & CallResultInput

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
  const inbox = inboxOf(options)
  // In this order: a result that leaves the inbox in between is on the ledger.
  const left = await inbox.left()
  const entry = await inbox.find()
  if (isRepeated(entry, key, id)) return
  if (left !== null) return checkOwn(key, left, id)
  checkDeferred(key, entry)
  await inbox.leave(result)
  await checkLeft(key, inbox, id)
}

/** The inbox of a session for the result of one call. */
type CallInbox = {
  /** Returns the call as the ledger has it; null for an unknown key. */
  readonly find: () => Promise<LedgerEntry | null>
  /** Returns the result that the owner has not taken; null for none. */
  readonly left: () => Promise<ProvidedResult | null>
  /** Leaves a result, unless there is one. */
  readonly leave: (result: ProvidedResult) => Promise<void>
  /** Removes the result, because the owner has recorded another one. */
  readonly withdraw: () => void
}

function inboxOf(options: StoredCallResult): CallInbox {
  const { sessionId, key } = options
  // A shared store can be given together with a folder by mistake; reading the session refuses it.
  if ('storage' in options) {
    const { storage } = options
    const folder = layoutOf(typeof storage === 'string' ? storage : storage.dir, sessionId).inbox
    return {
      find: async () => await entryOf(options),
      left: async () => leftResult(folder, key),
      leave: async (result) => void leaveResult(folder, key, result),
      withdraw: () => withdrawResult(folder, key),
    }
  }
  const { store } = options
  const name = { tenant: store.tenant, id: sessionId }
  return {
    find: async () => await entryOf(options),
    left: async () => {
      const { entries } = await (await LogStore.logsOf(store)).read(name)
      return entries.map((entry) => resultOf(entry)).find((result) => result?.key === key) ?? null
    },
    leave: async (result) => await (await LogStore.logsOf(store)).post(name, resultEntry(key, result)),
    withdraw: () => undefined,
  }
}

/** Checks that the inbox or the ledger has this result, and not that of another process. */
async function checkLeft(key: string, inbox: CallInbox, id: string): Promise<void> {
  const left = await inbox.left()
  const provided = (await inbox.find())?.deferral?.provided ?? null
  if (provided?.id === id) return
  if (provided !== null) {
    if (left?.id === id) inbox.withdraw()
    throw alreadyProvided(key, provided)
  }
  if (left !== null) return checkOwn(key, left, id)
  throw notDeferred(key, 'its cell ended, or the call expired, before the result was taken')
}

function checkOwn(key: string, left: ProvidedResult, id: string): void {
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
