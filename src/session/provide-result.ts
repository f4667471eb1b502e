import { randomUUID } from 'node:crypto'
import { CodecellError } from '../errors.ts'
import { leaveResult, leftResult, withdrawResult } from '../storage/disk/files/result-inbox.ts'
import { layoutOf } from '../storage/disk/layout.ts'
import { readSession, type StorageLocation } from '../storage/disk/read-sessions.ts'
import type { LedgerEntry, ProvidedResult } from '../storage/ledger.ts'
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

/** The result of a deferred call of a stored session: a `result` or an `error`. */
export type StoredCallResult = StorageLocation &
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
 * that is not JSON or exceeds a default limit; `SESSION_NOT_FOUND`, `SESSION_INVALID`, `STORAGE_FAILED`
 * @example
 * ```ts
 * await provideResult({ storage: 'sessions', sessionId: 'invoices', key, result: { approved: true } })
 * ```
 */
export async function provideResult(options: StoredCallResult): Promise<void> {
  checkOptions<Record<string, unknown>>('provideResult', options, {
    storage: 'any',
    sessionId: 'any',
    key: 'any',
    requestId: 'any',
    result: 'any',
    error: 'any',
  })
  const { storage, sessionId, key, requestId } = options
  const dir = typeof storage === 'string' ? storage : storage.dir
  // The id distinguishes this result from one of another process.
  const id = requestIdOf(requestId === undefined ? {} : { requestId }) ?? randomUUID()
  const result = providedResult(parseResultInput(options), id, resolveLimits(undefined))
  const call: StoredCall = { inbox: layoutOf(dir, sessionId).inbox, key, find: () => entryOf(options) }
  // The owner can take an earlier result between two steps; its record is there then.
  for (let attempt = 0; attempt < maxAttempts; attempt++) if (tryProvide(call, result)) return
  throw new CodecellError(
    'STORAGE_FAILED',
    `Cannot provide the result of call ${JSON.stringify(key)}: its inbox keeps changing`,
  )
}

const maxAttempts = 3

type StoredCall = {
  readonly inbox: string
  readonly key: string
  /** Returns the call as the ledger has it. */
  readonly find: () => LedgerEntry | null
}

/** Returns false when another process changed the inbox in between. */
function tryProvide({ inbox, key, find }: StoredCall, result: ProvidedResult): boolean {
  const left = leftResult(inbox, key)
  const entry = find()
  if (isRepeated(entry, key, result.id)) return true
  checkDeferred(key, entry)
  if (left !== null) return isSame(key, left, result)
  const posted = leaveResult(inbox, key, result)
  if (posted.type === 'left') return isLeftInTime({ inbox, key, find }, result)
  return posted.earlier !== null && isSame(key, posted.earlier, result)
}

/** The owner can have recorded its own result before this one was left: it drops this one then. */
function isLeftInTime({ inbox, key, find }: StoredCall, result: ProvidedResult): true {
  const provided = find()?.deferral?.provided ?? null
  if (provided === null || provided.id === result.id) return true
  withdrawResult(inbox, key)
  throw alreadyProvided(key, provided)
}

function isSame(key: string, earlier: ProvidedResult, result: ProvidedResult): true {
  if (earlier.id === result.id) return true
  throw alreadyProvided(key, earlier)
}

/** Returns the call; null for a key of another session. */
function entryOf({ storage, sessionId, key }: StoredCallResult): LedgerEntry | null {
  const { ledger, cellList } = readSession({ storage, sessionId })
  const entry = ledger.find((call) => call.key === key) ?? null
  const cell = cellList.find(({ cellId }) => cellId === entry?.cellId)
  if (entry?.state === 'deferred' && cell !== undefined && cell.state.type !== 'running') {
    throw notDeferred(key, `cell ${cell.cellId} has ended`)
  }
  return entry
}
