/**
 * Describes a decision in addition to its verdict: the reason, the grant and the approver. Null for a plain decision of a
 * person.
 */
export function approvalNote({
  decision,
  calls,
  by,
  reason,
}: {
  readonly decision: string | null
  readonly calls: number | null
  readonly by: string | null
  readonly reason: string | null
}): string | null {
  const isPlain = by === null || by === 'person' || (by === 'policy' && reason !== null)
  const who = isPlain ? null : `by ${by.replaceAll('_', ' ')}`
  const isMore = decision !== null && decision !== 'allow' && decision !== 'deny'
  const many = calls === null ? '' : calls === 1 ? ': 1 call' : `: ${calls} calls`
  const what = isMore ? `${decision.replaceAll('_', ' ')}${many}` : null
  const parts = [reason, what, who].filter((part) => part !== null && part !== '')
  return parts.length === 0 ? null : parts.join(', ')
}
