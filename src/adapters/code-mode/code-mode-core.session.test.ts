import { expect, test } from 'vitest'
import type { Tool } from '../../tools/tool.ts'
import { meetingOf } from '../../../test/fixtures/meeting.ts'
import { Gate } from '../../../test/support/gate.ts'
import { sharedHosts } from '../../../test/support/hosts.ts'
import { CodeModeCore } from './code-mode-core.ts'
import { itemsWithNotifications } from './append-notifications.ts'
import type { Progress } from '../../agent/following/cell-progress.ts'

const hosts = sharedHosts('in-process')
const call = { callId: 'call-1' }

const asks: Tool = { name: 'asks', needsApproval: 'ask', call: () => 'allowed' }

test('the next response contains each notification once', async () => {
  const gate = new Gate()
  await using core = await CodeModeCore.open([gate.tool], { hosts }, 'none')
  const source = 'notify("early"); yield_control(); await tools.gate(); notify("late")'
  const first = await core.exec(source, call)
  expect(first).toMatchObject({ cellId: '1', execCallId: 'call-1', notifications: ['early'] })
  await gate.called(1)
  gate.open('open')
  const second = await core.wait(core.parseWait({ cell_id: '1' }), { callId: 'call-2' })
  expect(second).toMatchObject({ execCallId: 'call-1', notifications: ['late'] })
  // A notification ends a wait, so the end of the cell comes with it or after it.
  if (second.cellId !== null) await core.wait(core.parseWait({ cell_id: '1' }), call)
  expect(await core.wait(core.parseWait({ cell_id: '1' }), call)).toMatchObject({
    success: true,
    execCallId: null,
    notifications: [],
  })
})

test('a wait of a day ends when a call needs an approval', async () => {
  const gate = new Gate()
  await using core = await CodeModeCore.open([gate.tool, asks], { hosts, waitPolicy: 'exact' }, 'between-turns')
  await core.exec('yield_control(); await tools.gate(); text(await tools.asks())', call)
  const wait = core.wait(core.parseWait({ cell_id: '1', yield_time_ms: 86_400_000 }), call)
  await gate.called(1)
  gate.open('open')
  expect((await wait).approvals.map(({ requests }) => requests.map(({ identifier }) => identifier))).toEqual([['asks']])
  expect((await core.wait(core.parseWait({ cell_id: '1', yield_time_ms: 0 }), call)).approvals.length).toBe(1)
  core.approvals?.ask('q', ['1'])
  core.approvals?.decide('q', { type: 'allow' })
  const last = await core.wait(core.parseWait({ cell_id: '1' }), call)
  expect(last.items.at(-1)).toEqual({ type: 'input_text', text: 'allowed' })
  expect(last.approvals).toEqual([])
})

test('a second wait for the same cell is refused and takes nothing from the first', async () => {
  const gate = new Gate()
  await using core = await CodeModeCore.open([gate.tool, asks], { hosts }, 'between-turns')
  await core.exec('yield_control(); await tools.gate(); notify("note"); await tools.asks()', call)
  const seen: Progress[] = []
  const onProgress = (progress: Progress): void => void seen.push(progress)
  const first = core.wait(core.parseWait({ cell_id: '1', yield_time_ms: 86_400_000 }), { ...call, onProgress })
  const second = await core.wait(core.parseWait({ cell_id: '1' }), { callId: 'call-3' })
  expect(second).toMatchObject({ success: false, notifications: [], approvals: [] })
  await gate.called(1)
  gate.open('open')
  const answer = await first
  expect(answer.notifications).toEqual(['note'])
  expect(answer.approvals.length).toBe(1)
  expect(seen.map(({ notifications }) => notifications)).toEqual([['note']])
})

test('a response contains all of thousands of notifications, and progress contains the last 50', async () => {
  await using core = await CodeModeCore.open([], { hosts }, 'none')
  let longest = 0
  const onProgress = ({ notifications }: Progress): void => {
    longest = Math.max(longest, notifications.length)
  }
  const answer = await core.exec('for (let i = 0; i < 3000; i++) notify(i)', { ...call, onProgress })
  expect(answer.notifications.length).toBe(3000)
  expect(longest).toBe(50)
})

test('a response contains the last 65,536 characters of notifications', async () => {
  await using core = await CodeModeCore.open([], { hosts }, 'none')
  const source = 'notify("x".repeat(70_000)); for (let i = 0; i < 8; i++) notify(String(i).repeat(10_000))'
  const { notifications } = await core.exec(source, call)
  expect(notifications[0]).toBe('[3 earlier notifications omitted]')
  expect(notifications.slice(1).map((text) => `${text[0]} ${text.length}`)).toEqual(
    [2, 3, 4, 5, 6, 7].map((digit) => `${digit} 10000`),
  )
  const long = await core.exec('notify("x".repeat(70_000))', call)
  expect(long.notifications.map(({ length }) => length)).toEqual([65_537])
})

test('the model sees 20 of 30 pending calls, and the question contains all of them', async () => {
  const meet = meetingOf(30)
  const tool: Tool = { ...asks, needsApproval: async () => ((await meet()) ? 'ask' : 'allow') }
  await using core = await CodeModeCore.open([tool], { hosts }, 'between-turns')
  const source = 'await Promise.all(Array.from({ length: 30 }, (_, n) => tools.asks({ n, long: "x".repeat(500) })))'
  const answer = await core.exec(source, call)
  const text = JSON.stringify(itemsWithNotifications(answer).at(-1))
  expect(text.match(/tools\.asks/g)?.length).toBe(20)
  expect(text).toContain('… and 10 more')
  expect(core.approvals?.ask('q', ['1']).map(({ requests }) => requests.length)).toEqual([30])
})

test('the handlers of the embedder are called', async () => {
  const told: string[] = []
  const options = {
    hosts,
    onNotification: ({ text }: { text: string }) => told.push(text),
    onCellClosed: (cellId: string) => told.push(`closed ${cellId}`),
    approvals: { onRequest: () => ({ type: 'allow' }) as const },
  }
  await using core = await CodeModeCore.open([asks], options, 'between-turns')
  const answer = await core.exec('notify("note"); text(await tools.asks())', call)
  expect(answer.items.at(-1)).toEqual({ type: 'input_text', text: 'allowed' })
  expect(told).toEqual(['note', 'closed 1'])
})

test('exec() of a closed core returns an error response', async () => {
  const core = await CodeModeCore.open([], { hosts }, 'none')
  await core[Symbol.asyncDispose]()
  expect(await core.exec('1', call)).toEqual({
    items: [{ type: 'input_text', text: 'code mode session is shutting down' }],
    success: false,
    cellId: null,
    execCallId: null,
    notifications: [],
    calls: [],
    approvals: [],
  })
})
