import type { ContentItem } from '../../protocol/content-item.ts'
import { approvalNeededText } from './approval-text.ts'
import type { CodeModeResponse } from './code-mode-core.ts'

/** Returns the items of a response, followed by its notifications and pending approvals as texts. */
export function itemsWithNotifications({ items, notifications, approvals }: CodeModeResponse): readonly ContentItem[] {
  const texts = notifications.map((text) => `Notification:\n${text}`)
  if (approvals.length > 0) texts.push(approvalNeededText(approvals))
  return [...items, ...texts.map((text) => ({ type: 'input_text', text }) as const)]
}
