import { expect, test } from 'vitest'
import { Gate } from '../../../test/support/gate.ts'
import { sharedHosts } from '../../../test/support/hosts.ts'
import { createSession } from '../../session/create-session.ts'
import type { Session } from '../../session/api/session-options.ts'
import { ModelTools } from '../tools/model-tools.ts'
import type { FollowedCall } from './followed-call.ts'
import { FollowedCells, type FollowedCellsOptions } from './followed-cells.ts'
import { ModelCellWatcher } from './model-cell-watcher.ts'
import { sessionParts } from '../../../test/support/session-parts.ts'

const callId = 'call-1'
const reason = new Error('the caller gave up')

async function open(
  gate: Gate,
  options: FollowedCellsOptions = {},
): Promise<{ session: Session; watcher: ModelCellWatcher } & AsyncDisposable> {
  const cells = new FollowedCells(options)
  const session = await createSession({
    hosts: sharedHosts('in-process'),
    tools: [gate.tool],
    onNotification: cells.onNotification,
    onCellClosed: cells.onCellClosed,
  })
  const watcher = new ModelCellWatcher(new ModelTools(session, {}), { cells, endsAtNotification: true })
  return { session, watcher, [Symbol.asyncDispose]: () => session.close() }
}

/** Starts a cell that waits for the gate. */
async function startCell(watcher: ModelCellWatcher): Promise<FollowedCall> {
  const started = Promise.withResolvers<void>()
  const onStarted = (): void => started.resolve()
  const call = watcher.exec('notify("note"); await tools.gate()', { callId, onStarted })
  await started.promise
  return call
}

const waitFor = (watcher: ModelCellWatcher, cellId: string): FollowedCall =>
  watcher.wait(watcher.tools.parseWait({ cell_id: cellId }), { callId })

test('an exec call that is abandoned terminates its cell and rejects with the reason', async () => {
  await using opened = await open(new Gate())
  const call = await startCell(opened.watcher)
  await call.abandon(reason)
  await expect(call.deliver()).rejects.toBe(reason)
  expect(sessionParts(opened.session).endingOf('1')).toBe('terminated')
})

test('an exec call that is released leaves its cell and its notifications to the next call', async () => {
  const gate = new Gate()
  await using opened = await open(gate)
  const call = await startCell(opened.watcher)
  await gate.called(1)
  await call.release(reason)
  await expect(call.deliver()).rejects.toBe(reason)
  const response = await waitFor(opened.watcher, '1').deliver()
  expect(response).toMatchObject({ cellId: '1', execCallId: callId, notifications: ['note'] })
})

test('a wait call that is abandoned leaves its cells running', async () => {
  const gate = new Gate()
  await using opened = await open(gate)
  await opened.watcher.exec('yield_control(); await tools.gate()', { callId }).deliver()
  const call = waitFor(opened.watcher, '1')
  await call.abandon(reason)
  expect(opened.session.cells()).toEqual(['1'])
})

test('a response omits the oldest notifications beyond the limit', async () => {
  await using opened = await open(new Gate(), { maxNotifications: 2 })
  const call = opened.watcher.exec('for (let n = 0; n < 5; n++) notify(n)', { callId })
  expect((await call.deliver()).notifications).toEqual(['[3 earlier notifications omitted]', '3', '4'])
})
