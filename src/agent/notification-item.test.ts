import { expect, test } from 'vitest'
import { notificationItem } from './notification-item.ts'

test('a notification becomes an output of its exec call', () => {
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
])('a notification with %s becomes nothing', (_what, notification) => {
  expect(notificationItem(notification)).toBeNull()
})
