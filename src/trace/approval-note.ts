/** What there is to say about a decision beside yes or no: the reason, or what was allowed and by whom. Null: a person said yes. */
export function approvalNote({
  decision,
  by,
  reason,
}: {
  readonly decision: string | null
  readonly by: string | null
  readonly reason: string | null
}): string | null {
  const isPlain = by === null || by === 'person' || (by === 'policy' && reason !== null)
  const who = isPlain ? null : `by ${by.replaceAll('_', ' ')}`
  const what = decision === null || decision === 'allow' || decision === 'deny' ? null : decision.replaceAll('_', ' ')
  const parts = [reason, what, who].filter((part) => part !== null && part !== '')
  return parts.length === 0 ? null : parts.join(', ')
}
