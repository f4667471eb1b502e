import { isRecord } from '../../protocol/json.ts'
import type { ApprovalDecision } from '../api/approval.ts'

/** Parses a decision; returns null for an invalid one, which must deny the call. */
export function parseDecision(value: unknown): ApprovalDecision | null {
  if (!isRecord(value)) return null
  const { type, calls, reason } = value
  switch (type) {
    case 'allow':
    case 'allow_in_session':
      return { type }
    case 'allow_in_cell':
      return typeof calls === 'number' && Number.isSafeInteger(calls) && calls >= 1 ? { type, calls } : null
    case 'deny':
      return typeof reason === 'string' ? { type, reason } : { type }
    default:
      return null
  }
}

/** A decision, and the keys of the calls to which it applies. */
export type Decided = { readonly decision: ApprovalDecision; readonly keys: readonly string[] }

/**
 * Returns the decisions of a handler with the keys of their calls. A call without a decision stays pending. Denials come first
 * and grants last, so that a grant never applies to a call with a decision of its own.
 */
export function decisionsOf(returned: unknown, keys: readonly string[]): readonly Decided[] {
  if (!(returned instanceof Map)) return [{ decision: parseDecision(returned) ?? invalidDecision, keys }]
  const decisions: ReadonlyMap<string, unknown> = returned
  return keys
    .filter((key) => decisions.has(key))
    .map((key) => ({ decision: parseDecision(decisions.get(key)) ?? invalidDecision, keys: [key] }))
    .toSorted((left, right) => scopeOf(left.decision) - scopeOf(right.decision))
}

const invalidDecision: ApprovalDecision = { type: 'deny', reason: 'the handler returned an invalid decision' }

/** Returns the scope of a decision as a number: no call, one call, calls of the cell, all calls. */
export function scopeOf({ type }: ApprovalDecision): number {
  return ['deny', 'allow', 'allow_in_cell', 'allow_in_session'].indexOf(type)
}
