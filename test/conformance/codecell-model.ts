import { notificationItem } from '../../src/agent.ts'
import { createCodeModeTools, type CellNotification, type Session } from '../../src/index.ts'
import type { AdapterModel } from './adapter.ts'

/** Opens a session that calls `onNotification` with the notifications of its cells. */
export type OpenSession = (options: { onNotification: (notification: CellNotification) => void }) => Promise<Session>

/** The tools of a model in codecell. Notifications are collected by the call that started their cell. */
export async function openCodecellModel(openSession: OpenSession): Promise<AdapterModel> {
  const notifications: CellNotification[] = []
  const session = await openSession({ onNotification: (notification) => void notifications.push(notification) })
  // The cases describe the reference, which does not retain truncated output.
  const { exec, wait } = createCodeModeTools(session, {
    typeNotes: false,
    workNotes: false,
    retainOutput: false,
    waitPolicy: 'exact',
  })
  let callCount = 0
  return {
    async exec(input, givenCallId) {
      const callId = givenCallId ?? `call-${++callCount}`
      const { items, success } = await exec.call(input, { callId })
      const own = notifications.filter(({ execCallId }) => execCallId === callId)
      return { items, success, injected: own.map((notification) => notificationItem(notification)) }
    },
    async wait(input) {
      const { items, success } = await wait.call(typeof input === 'string' ? input : JSON.stringify(input))
      return { items, success, injected: [] }
    },
    close: () => session.close(),
  }
}
