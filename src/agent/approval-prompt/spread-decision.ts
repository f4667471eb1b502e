import type { ApprovalDecision, ApprovalRequest } from '../../session/api/approval.ts'

type Asked = Pick<ApprovalRequest, 'key' | 'identifier'>

/**
 * Returns the decision about each call of a group. A grant for more calls than the group has, or for the session, also covers `others`
 * of the same tool that are pending. A grant for fewer calls leaves the rest pending.
 */
export function spreadDecision(
  decision: ApprovalDecision,
  group: readonly Asked[],
  others: readonly Asked[] = [],
): ReadonlyMap<string, ApprovalDecision> {
  const identifiers = new Set(group.map(({ identifier }) => identifier))
  const inGroup = new Set(group.map(({ key }) => key))
  const sameTool = others.filter(({ key, identifier }) => !inGroup.has(key) && identifiers.has(identifier))
  switch (decision.type) {
    case 'allow':
    case 'deny':
      return new Map(group.map(({ key }) => [key, decision]))
    case 'allow_in_session':
      return new Map([...group, ...sameTool].map(({ key }) => [key, decision]))
    case 'allow_in_cell':
      return counted(decision.calls, [...group, ...sameTool])
    default:
      return decision satisfies never
  }
}

/** The last call has the rest of the grant for later calls, so that it is granted once. */
function counted(calls: number, asked: readonly Asked[]): ReadonlyMap<string, ApprovalDecision> {
  const covered = asked.slice(0, calls)
  return new Map(
    covered.map(({ key }, index): [string, ApprovalDecision] => {
      const isLast = index === covered.length - 1
      const left = calls - index
      return [key, isLast && left > 1 ? { type: 'allow_in_cell', calls: left } : { type: 'allow' }]
    }),
  )
}
