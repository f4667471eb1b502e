import type { ApprovalDecision } from '../../index.ts'

/** What a person typed when asked about calls. */
export type ApprovalReply =
  | { readonly type: 'decided'; readonly decision: Exclude<ApprovalDecision, { readonly type: 'deny' }> }
  /** The reason is asked for next. */
  | { readonly type: 'denied' }
  | { readonly type: 'view' }
  | { readonly type: 'unclear' }

/** The highest number that can be typed. */
const mostCalls = 1_000_000

/** Reads an answer. Nothing at all is no answer: who presses Enter has not decided. */
export function parseReply(text: string): ApprovalReply {
  const word = text.trim().toLowerCase()
  switch (word) {
    case 'y':
    case 'yes':
      return { type: 'decided', decision: { type: 'allow' } }
    case 's':
    case 'session':
      return { type: 'decided', decision: { type: 'allow_in_session' } }
    case 'n':
    case 'no':
      return { type: 'denied' }
    case 'v':
    case 'view':
      return { type: 'view' }
    default:
      break
  }
  const calls = /^[1-9]\d{0,6}$/.test(word) ? Number(word) : 0
  if (calls < 1 || calls > mostCalls) return { type: 'unclear' }
  return { type: 'decided', decision: { type: 'allow_in_cell', calls } }
}
