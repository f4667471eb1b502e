import type { ContentItem } from '../../protocol/content-item.ts'
import { approvalNeededText } from './approval-text.ts'
import type { CodeModeResponse } from './code-mode-core.ts'

/** The items of an answer for models that have no other place for notifications and approvals: they follow as texts. */
export function itemsWithNotes({ items, notifications, approvals }: CodeModeResponse): readonly ContentItem[] {
  const notes = notifications.map((text) => `Notification:\n${text}`)
  if (approvals.length > 0) notes.push(approvalNeededText(approvals))
  return [...items, ...notes.map((text) => ({ type: 'input_text', text }) as const)]
}
