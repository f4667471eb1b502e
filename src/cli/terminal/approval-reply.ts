import type { ApprovalDecision } from '../../index.ts'

/** A user's reply to an approval prompt. */
export type ApprovalReply =
  | { readonly type: 'decided'; readonly decision: Exclude<ApprovalDecision, { readonly type: 'deny' }> }
  /** The next prompt is for the reason. */
  | { readonly type: 'denied' }
  | { readonly type: 'view' }
  | { readonly type: 'unclear' }

/** The highest number of calls that a reply can approve. */
const maxCalls = 1_000_000

/** Parses a reply. An empty reply is not a decision. */
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
  if (calls < 1 || calls > maxCalls) return { type: 'unclear' }
  return { type: 'decided', decision: { type: 'allow_in_cell', calls } }
}
