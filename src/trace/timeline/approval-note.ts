/** What there is to say about a decision beside yes or no: the reason, or what was allowed and by whom. Null: a person said yes. */
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
