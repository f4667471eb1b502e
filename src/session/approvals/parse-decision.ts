import { isRecord } from '../../protocol/json.ts'
import type { ApprovalDecision, BatchDecision } from '../approval.ts'

/** Reads what somebody answered; null for what is no decision. A clear yes only is one. */
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

/** What a handler answered about some calls, by key; a call that is left out goes on waiting. */
export function decisionsOf(answer: BatchDecision, keys: readonly string[]): ReadonlyMap<string, ApprovalDecision> {
  const noDecision: ApprovalDecision = { type: 'deny', reason: 'what was answered is no decision' }
  if (!(answer instanceof Map)) {
    const decision = parseDecision(answer) ?? noDecision
    return new Map(keys.map((key) => [key, decision]))
  }
  return new Map(
    keys.filter((key) => answer.has(key)).map((key) => [key, parseDecision(answer.get(key)) ?? noDecision] as const),
  )
}
