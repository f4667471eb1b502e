import type { ApprovalRequest } from '../../session/api/approval.ts'
import { approvalGroups } from './approval-groups.ts'
import { shownInput } from './shown-input.ts'

/** Calls that wait, as far as one question goes. */
export type PartToAsk = {
  /** What the question shows. Its answer covers these and no others. */
  readonly asked: readonly ApprovalRequest[]
  /** What the next question is about. */
  readonly later: readonly ApprovalRequest[]
  /** No question can show these: nobody can say yes to them. */
  readonly tooLong: readonly ApprovalRequest[]
}

/** How many groups one question has, and how many calls of a larger group. */
const mostGroups = 8
const mostCalls = 5
const smallGroup = 8

/** Characters of all inputs in one question, where it is about several calls, and of one input at most. */
const mostCharacters = 16_384
export const longestInput = 65_536

/** Chooses what a person is asked about at once: calls that can be shown with the structure of their whole inputs. */
export function partToAsk(requests: readonly ApprovalRequest[]): PartToAsk {
  const asked: ApprovalRequest[] = []
  const tooLong: ApprovalRequest[] = []
  let used = 0
  for (const group of approvalGroups(requests).slice(0, mostGroups)) {
    for (const request of group.requests.slice(0, callsAtOnce(group.requests.length))) {
      const { text, isComplete } = shownInput(request.input, { max: longestInput })
      if (!isComplete) {
        tooLong.push(request)
        continue
      }
      if (asked.length > 0 && used + text.length > mostCharacters) break
      used += text.length
      asked.push(request)
    }
  }
  const left = new Set([...asked, ...tooLong])
  return { asked, tooLong, later: requests.filter((request) => !left.has(request)) }
}

/** How many calls of a group one question shows. */
function callsAtOnce(waiting: number): number {
  return waiting <= smallGroup ? waiting : mostCalls
}

/** What a question says of calls that it does not show; empty when it shows all. */
export function leftOutText({ later, tooLong }: Pick<PartToAsk, 'later' | 'tooLong'>): string {
  const texts = [
    later.length === 0 ? '' : `${callsText(later.length, 'waits', 'wait')}; they are asked about next.`,
    tooLong.length === 0
      ? ''
      : `${callsText(tooLong.length, 'has', 'have')} an input that is too long to be shown; a yes does not allow them.`,
  ]
  return texts.filter((text) => text !== '').join('\n')
}

function callsText(count: number, one: string, several: string): string {
  return count === 1 ? `1 more call ${one}` : `${count} more calls ${several}`
}
