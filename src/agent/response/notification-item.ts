import type { CellNotification } from '../../session/api/session-options.ts'
import { isBlank } from '../../text/white-space.ts'

/** The conversation item that delivers a notification to the model. */
export type NotificationItem = {
  readonly type: 'custom_tool_call_output'
  readonly call_id: string
  readonly name: 'exec'
  readonly output: string
}

/** Returns the item for a notification, or null when its text is blank or its call has no id. */
export function notificationItem(notification: Pick<CellNotification, 'execCallId' | 'text'>): NotificationItem | null {
  const { execCallId, text } = notification
  if (execCallId === null || isBlank(text)) return null
  return { type: 'custom_tool_call_output', call_id: execCallId, name: 'exec', output: text }
}
