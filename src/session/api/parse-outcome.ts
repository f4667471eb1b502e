import { CodecellError } from '../../errors.ts'
import { itemsOf } from '../../storage/disk/database/parse-rows.ts'
import { isOutcomeLimitName } from '../../protocol/cell-limits.ts'
import { isRecord } from '../../protocol/json.ts'
import { parseRemarks, type Remark } from '../../protocol/remark.ts'
import type { CellOutcome, MissingOutcome } from './outcome.ts'

/**
 * Parses a stored outcome.
 *
 * @throws {CodecellError} `SESSION_INVALID` for a malformed outcome
 */
export function parseOutcome(value: unknown): Exclude<CellOutcome, MissingOutcome> {
  const { type, cellId, items, durationMs, stalled, waitsForHost, errorText, limit, remarks } = isRecord(value)
    ? value
    : {}
  if (typeof cellId === 'string' && typeof durationMs === 'number') {
    const base = { cellId, durationMs, items: itemsOf(items, 'a stored outcome') }
    if (type === 'yielded' && typeof stalled === 'boolean') {
      return { type, ...base, stalled, ...(typeof waitsForHost === 'string' ? { waitsForHost } : {}) }
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

function remarksOf(value: unknown): { readonly remarks?: readonly Remark[] } {
  const remarks = parseRemarks(value)
  return remarks.length === 0 ? {} : { remarks }
}
