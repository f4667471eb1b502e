import type { ApprovalRequest } from '../../session/api/approval.ts'
import { approvalGroups } from './approval-groups.ts'
import { shownInput } from './shown-input.ts'

/** Pending calls, divided by what one request shows. */
export type PartToAsk = {
  /** The calls that the request shows. The decision covers these and no others. */
  readonly asked: readonly ApprovalRequest[]
  /** The calls of the next request. */
  readonly later: readonly ApprovalRequest[]
  /** The calls that no request can show. They cannot be approved. */
  readonly tooLong: readonly ApprovalRequest[]
}

/** Groups in one request, and calls of a larger group. */
const mostGroups = 8
const mostCalls = 5
const smallGroup = 8

/** Maximum characters of all inputs in a request about several calls, and of one input. */
const maxCharacters = 16_384
export const maxInput = 65_536

/** Selects the calls of one request: those that it can show with the structure of their whole inputs. */
export function partToAsk(requests: readonly ApprovalRequest[]): PartToAsk {
  const asked: ApprovalRequest[] = []
  const tooLong: ApprovalRequest[] = []
  let used = 0
  for (const group of approvalGroups(requests).slice(0, mostGroups)) {
    for (const request of group.requests.slice(0, callsAtOnce(group.requests.length))) {
      const { text, isComplete } = shownInput(request.input, { max: maxInput })
      if (!isComplete) {
        tooLong.push(request)
        continue
      }
      if (asked.length > 0 && used + text.length > maxCharacters) break
      used += text.length
      asked.push(request)
    }
  }
  const left = new Set([...asked, ...tooLong])
  return { asked, tooLong, later: requests.filter((request) => !left.has(request)) }
}

/** Returns the number of calls of a group that one request shows. */
function callsAtOnce(waiting: number): number {
  return waiting <= smallGroup ? waiting : mostCalls
}

/** Returns the remark of a request about calls that it does not show; empty when it shows all. */
export function leftOutText({ later, tooLong }: Pick<PartToAsk, 'later' | 'tooLong'>): string {
  const texts = [
    later.length === 0 ? '' : `${callsText(later.length, 'waits', 'wait')}; they are asked about next.`,
    tooLong.length === 0
      ? ''
      : `${callsText(tooLong.length, 'has', 'have')} an input that is too long to show; approval does not allow them.`,
  ]
  return texts.filter((text) => text !== '').join('\n')
}

function callsText(count: number, one: string, several: string): string {
  return count === 1 ? `1 more call ${one}` : `${count} more calls ${several}`
}
