import type { ApprovalRequest } from '../../session/api/approval.ts'

/** Calls of one tool from one line of a program that wait at the same moment, in the order in which they were made. */
export type ApprovalGroup = {
  readonly identifier: string
  /** Null: it is not known where the calls come from. */
  readonly line: number | null
  /** In words: `20 calls of tools.send_mail from line 4`. */
  readonly title: string
  /** At least one. */
  readonly requests: readonly ApprovalRequest[]
}

/** Puts together what a person can decide about with one answer. The group of the first call comes first. */
export function approvalGroups(requests: readonly ApprovalRequest[]): readonly ApprovalGroup[] {
  const groups = Map.groupBy(requests, ({ identifier, location: place }) => `${place?.line ?? ''} ${identifier}`)
  return [...groups.values()].flatMap((together) => {
    const [first] = together
    return first === undefined ? [] : [groupOf(first, together)]
  })
}

function groupOf(
  { identifier, location: place }: ApprovalRequest,
  requests: readonly ApprovalRequest[],
): ApprovalGroup {
  const calls = requests.length === 1 ? '1 call' : `${requests.length} calls`
  const from = place === null ? '' : ` from line ${place.line}`
  return { identifier, line: place?.line ?? null, title: `${calls} of tools.${identifier}${from}`, requests }
}
