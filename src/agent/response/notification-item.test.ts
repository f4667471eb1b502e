import { expect, test } from 'vitest'
import { notificationItem } from './notification-item.ts'

test('notificationItem() makes an output of the exec call', () => {
  expect(notificationItem({ execCallId: 'call-7', text: ' half way\n' })).toEqual({
    type: 'custom_tool_call_output',
    call_id: 'call-7',
    name: 'exec',
    output: ' half way\n',
  })
})

test.each([
  ['blank text', { execCallId: 'call-7', text: ' \u0085\n' }],
  ['no call id', { execCallId: null, text: 'half way' }],
])('notificationItem() returns null for a notification with %s', (_what, notification) => {
  expect(notificationItem(notification)).toBeNull()
})
