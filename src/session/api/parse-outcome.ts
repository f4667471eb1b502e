import { CodecellError } from '../../errors.ts'
import { itemsOf } from '../../storage/disk/database/parse-rows.ts'
import { isOutcomeLimitName } from '../../protocol/cell-limits.ts'
import { isRecord } from '../../protocol/json.ts'
import { parseRemarks, type Remark } from '../../protocol/remark.ts'
import { deferredCallsOf, type DeferredCall } from './deferred-call.ts'
import type { CellOutcome, MissingOutcome } from './outcome.ts'

/**
 * Parses a stored outcome.
 *
 * @throws {CodecellError} `SESSION_INVALID` for a malformed outcome
 */
export function parseOutcome(value: unknown): Exclude<CellOutcome, MissingOutcome> {
  const { type, cellId, items, durationMs, stalled, waitsForHost, deferredCalls, errorText, limit, remarks } = isRecord(
    value,
  )
    ? value
    : {}
  if (typeof cellId === 'string' && typeof durationMs === 'number') {
    const base = { cellId, durationMs, items: itemsOf(items, 'a stored outcome') }
    if (type === 'yielded' && typeof stalled === 'boolean') {
      const host = typeof waitsForHost === 'string' ? { waitsForHost } : {}
      return { type, ...base, stalled, ...host, ...deferredCallsOf(parseCalls(deferredCalls)) }
    }
    if (type === 'terminated') return { type, ...base }
    const ended = { ...base, ...remarksOf(remarks) }
    if (type === 'completed') return { type, ...ended }
    if (type === 'failed' && typeof errorText === 'string' && (limit === null || isOutcomeLimitName(limit))) {
      return { type, ...ended, errorText, limit }
    }
  }
  throw new CodecellError('SESSION_INVALID', 'Cannot repeat an outcome: the stored outcome is malformed')
}

function parseCalls(value: unknown): readonly DeferredCall[] {
  return Array.isArray(value) ? value.flatMap((call: unknown) => parseCall(call) ?? []) : []
}

function parseCall(value: unknown): DeferredCall | null {
  const { key, callId, tool, note, expiresAt } = isRecord(value) ? value : {}
  if (typeof key !== 'string' || typeof callId !== 'string' || typeof tool !== 'string') return null
  const [reason, expiry] = [typeof note === 'string' ? note : null, typeof expiresAt === 'number' ? expiresAt : null]
  return { key, callId, tool, note: reason, expiresAt: expiry }
}

function remarksOf(value: unknown): { readonly remarks?: readonly Remark[] } {
  const remarks = parseRemarks(value)
  return remarks.length === 0 ? {} : { remarks }
}
