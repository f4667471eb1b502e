import type { Notification } from '../../session/api/session-options.ts'
import { isBlank } from '../input/white-space.ts'

/** A notification as the conversation item that brings it to the model. */
export type NotificationItem = {
  readonly type: 'custom_tool_call_output'
  readonly call_id: string
  readonly name: 'exec'
  readonly output: string
}

/** The item for a notification, or null when its text is blank or the call that it belongs to has no id. */
export function notificationItem(notification: Pick<Notification, 'execCallId' | 'text'>): NotificationItem | null {
  const { execCallId, text } = notification
  if (execCallId === null || isBlank(text)) return null
  return { type: 'custom_tool_call_output', call_id: execCallId, name: 'exec', output: text }
}
