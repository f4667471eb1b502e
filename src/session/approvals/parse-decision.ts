import { isRecord } from '../../protocol/json.ts'
import type { ApprovalDecision } from '../api/approval.ts'

/** Parses a decision; null for an invalid one. Only an explicit approval approves. */
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

/** A decision, and the keys of the calls that it is for. */
export type Decided = { readonly decision: ApprovalDecision; readonly keys: readonly string[] }

/**
 * Returns the decisions of a handler about some calls, each with the keys that it is for. A call that is left out keeps waiting.
 * What was refused comes first, and what was allowed once before allowances: no allowance covers a call that has its own answer.
 */
export function decisionsOf(answer: unknown, keys: readonly string[]): readonly Decided[] {
  if (!(answer instanceof Map)) return [{ decision: parseDecision(answer) ?? noDecision, keys }]
  const answers: ReadonlyMap<string, unknown> = answer
  return keys
    .filter((key) => answers.has(key))
    .map((key) => ({ decision: parseDecision(answers.get(key)) ?? noDecision, keys: [key] }))
    .toSorted((left, right) => reachOf(left.decision) - reachOf(right.decision))
}

const noDecision: ApprovalDecision = { type: 'deny', reason: 'what was answered is no decision' }

/** How far a decision reaches: no call, one, those of a cell, all. Those that reach further are applied later. */
export function reachOf({ type }: ApprovalDecision): number {
  return ['deny', 'allow', 'allow_in_cell', 'allow_in_session'].indexOf(type)
}
