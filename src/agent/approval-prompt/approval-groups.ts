import type { ApprovalRequest } from '../../session/api/approval.ts'

/** Calls of one tool from one line of a program that wait at the same time, in call order. */
export type ApprovalGroup = {
  readonly identifier: string
  /** Null when the location of the calls is unknown. */
  readonly line: number | null
  /** For example `20 calls of tools.send_mail from line 4`. */
  readonly title: string
  /** At least one. */
  readonly requests: readonly ApprovalRequest[]
}

/** Groups the calls that one decision can cover. The group of the first call comes first. */
export function approvalGroups(requests: readonly ApprovalRequest[]): readonly ApprovalGroup[] {
  const groups = Map.groupBy(requests, ({ identifier, location }) => `${location?.line ?? ''} ${identifier}`)
  return [...groups.values()].flatMap((together) => {
    const [first] = together
    return first === undefined ? [] : [groupOf(first, together)]
  })
}

function groupOf({ identifier, location }: ApprovalRequest, requests: readonly ApprovalRequest[]): ApprovalGroup {
  const calls = requests.length === 1 ? '1 call' : `${requests.length} calls`
  const from = location === null ? '' : ` from line ${location.line}`
  return { identifier, line: location?.line ?? null, title: `${calls} of tools.${identifier}${from}`, requests }
}
