import { randomUUID } from 'node:crypto'
import { CodecellError, messageOf } from '../errors.ts'
import { checkOptions } from '../options/check-options.ts'
import { maxSettlementChars, type InboxSettlement } from '../storage/inbox-content.ts'
import type { LedgerEntry } from '../storage/ledger.ts'
import { readSession } from '../storage/reports/read-sessions.ts'
import { settlementText } from '../storage/settlement.ts'
import { isSettledBy, notUnknown, reasonNotToSettle, type GivenSettlement } from './calls/settlements.ts'
import { resolveLimits } from './common/limits.ts'
import { resultJson } from './common/result-json.ts'
import { storedInboxOf, type StoredSession } from './inbox/stored-inbox.ts'

/** The settlement of a call of a stored session whose outcome is unknown. */
export type StoredSettlement = StoredSession & SettlementInput & { readonly key: string }

/** The statement of a user about a call. */
export type SettlementInput = {
  /** `happened`: the call had its effect. `did_not_happen`: it had none. */
  readonly type: 'happened' | 'did_not_happen'
  /**
   * The result of a call that happened, with which it can be reverted.
   *
   * @default none
   */
  readonly result?: unknown
  /** The reason of the user, of at most 1,000 characters. */
  readonly note?: string
  /** The name of the user, of at most 200 characters, for the record. */
  readonly by?: string
  /** The id of this request, of at most 200 characters. A repeated request with the same id has no effect and no error. */
  readonly requestId?: string
}

/**
 * Settles a call of a stored session whose outcome is unknown, because a user has checked it. The session can be open in another
 * process or in none; then a call that was started counts as unknown, too. Resolves when the statement is on record for the owner of
 * the session, who takes it at once or when the session is opened. The first statement counts.
 *
 * @throws {CodecellError} `CALL_NOT_UNKNOWN` when the outcome is known, the call is in progress, or it was settled before;
 * `INVALID_OPTION`; `SESSION_NOT_FOUND`, `SESSION_INVALID`, `STORAGE_FAILED`, `STORE_UNREACHABLE`; `LIMIT_EXCEEDED` for a full inbox
 * @example
 * ```ts
 * await settleCall({ storage: 'sessions', sessionId: 'invoices', key, type: 'did_not_happen', by: 'Ann' })
 * ```
 */
export async function settleCall(options: StoredSettlement): Promise<void> {
  checkOptions<Record<string, unknown>>('settleCall', options, {
    storage: 'any',
    store: 'any',
    sessionId: 'any',
    key: 'any',
    type: ['happened', 'did_not_happen'],
    result: 'any',
    note: 'any',
    by: 'any',
    requestId: 'any',
  })
  const { key } = options
  if (typeof key !== 'string') throw notUnknown(String(key), 'expected a string as key')
  const given = givenSettlement(options)
  const inbox = storedInboxOf(options)
  // In this order: a statement that leaves the inbox in between is on the ledger.
  const left = await inbox.find({ kind: 'settlement', key })
  const { entry, isOpen } = await callOf(options)
  if (isSettledBy(entry, key, given.requestId)) return
  if (left !== null) return checkOwn(left, given)
  const reason = reasonNotToSettle(entry, key, { isOpen })
  if (reason !== null) throw notUnknown(key, reason)
  await inbox.leave({ kind: 'settlement', key, ...given })
  const own = await inbox.find({ kind: 'settlement', key })
  if (own !== null) return checkOwn(own, given)
  const taken = await callOf(options)
  if (isSettledBy(taken.entry, key, given.requestId)) return
  throw notUnknown(key, reasonNotToSettle(taken.entry, key, taken) ?? 'the session did not take the statement')
}

/**
 * Checks a statement, and adds its time and an id.
 *
 * @throws {CodecellError} `INVALID_OPTION`
 */
export function givenSettlement({ type, result, note, by, requestId }: SettlementInput): GivenSettlement {
  const given: unknown = type
  if (given !== 'happened' && given !== 'did_not_happen') throw invalid('type', '"happened" or "did_not_happen"')
  if (type === 'did_not_happen' && result !== undefined)
    throw invalid('result', 'no result of a call that did not happen')
  return {
    type,
    by: textOf('by', by, 200),
    note: textOf('note', note, maxSettlementChars),
    // The id distinguishes this statement from one of another process.
    requestId: textOf('requestId', requestId, 200) ?? randomUUID(),
    result: result === undefined ? null : jsonOf(result),
    at: Date.now(),
  }
}

function jsonOf(result: unknown): string {
  try {
    return resultJson(result, resolveLimits(undefined))
  } catch (cause) {
    throw invalid('result', `JSON within the limits: ${messageOf(cause)}`)
  }
}

function textOf(option: string, value: unknown, maxCharacters: number): string | null {
  if (value === undefined) return null
  if (typeof value === 'string' && value !== '' && value.length <= maxCharacters) return value.toWellFormed()
  throw invalid(option, `a string of 1 to ${maxCharacters} characters`)
}

function checkOwn(left: InboxSettlement, { requestId }: GivenSettlement): void {
  if (left.requestId !== requestId) throw notUnknown(left.key, settlementText(left))
}

async function callOf(
  options: StoredSettlement,
): Promise<{ readonly entry: LedgerEntry | null; readonly isOpen: boolean }> {
  const { ledger, openedBy } = await readSession(options)
  return { entry: ledger.find(({ key }) => key === options.key) ?? null, isOpen: openedBy !== null }
}

function invalid(option: string, expected: string): CodecellError {
  return new CodecellError('INVALID_OPTION', `Cannot settle a call: expected ${expected} as "${option}"`, {
    details: { option: `settleCall.${option}`, expected },
  })
}
