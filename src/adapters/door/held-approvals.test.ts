import { expect, test } from 'vitest'
import type { ApprovalDecision, ApprovalRequest } from '../../session/approval.ts'
import { HeldApprovals } from './held-approvals.ts'

const request = (callId: string, cellId = '1'): ApprovalRequest => ({
  key: callId,
  place: null,
  cellId,
  callId,
  execCallId: null,
  identifier: 'remove',
  tool: { name: 'remove', call: () => null },
  input: {},
})

const allow: ApprovalDecision = { type: 'allow' }

function asking(): { held: HeldApprovals; told: string[]; ask: (callId: string, cellId?: string) => Promise<string> } {
  const told: string[] = []
  const held = new HeldApprovals((cellId) => told.push(cellId))
  const { signal } = new AbortController()
  const ask = async (callId: string, cellId?: string): Promise<string> =>
    (await held.handler(request(callId, cellId), { signal })).type
  return { held, told, ask }
}

test('a yes allows what was waiting when the question was put, and nothing that came later', async () => {
  const { held, told, ask } = asking()
  const first = ask('tool-1')
  expect(held.ask('wait-1', '1').map(({ callId }) => callId)).toEqual(['tool-1'])
  const second = ask('tool-2')
  // The SDK asks again when it goes on with a run: it is the same question.
  expect(held.ask('wait-1', '1').map(({ callId }) => callId)).toEqual(['tool-1'])
  held.answer('wait-1', allow)
  expect(await first).toBe('allow')
  expect(held.pending('1').map(({ callId }) => callId)).toEqual(['tool-2'])
  held.answer('wait-1', allow)
  expect(held.pending(null).length).toBe(1)
  held.ask('wait-2', '1')
  held.answer('wait-2', { type: 'deny' })
  expect(await second).toBe('deny')
  expect(told).toEqual(['1', '1'])
})

test('an answer to a question about one cell says nothing about another', async () => {
  const { held, ask } = asking()
  const mine = ask('tool-1', '1')
  void ask('tool-1', '2')
  held.ask('wait-1', '1')
  held.answer('wait-1', allow)
  expect(await mine).toBe('allow')
  expect(held.pending(null).map(({ cellId }) => cellId)).toEqual(['2'])
})

test('a question about nothing is none, so that answering it allows nothing', () => {
  const { held, ask } = asking()
  expect(held.ask('wait-1', '1')).toEqual([])
  void ask('tool-1')
  held.answer('wait-1', allow)
  expect(held.pending('1').length).toBe(1)
  expect(held.questions('1')).toEqual([])
})

test('a call that is not wanted any more waits no longer', async () => {
  const { held } = asking()
  const stop = new AbortController()
  const decision = held.handler(request('tool-1'), { signal: stop.signal })
  stop.abort()
  expect(await decision).toEqual({ type: 'deny', reason: 'the call is not wanted any more' })
  expect(held.pending(null)).toEqual([])
})

test('what one answer has told of is no news for the next', () => {
  const { held, ask } = asking()
  void ask('tool-1')
  expect(held.hasNews('1')).toBe(true)
  expect(held.present('1').length).toBe(1)
  expect(held.hasNews('1')).toBe(false)
  void ask('tool-2')
  expect(held.hasNews('1')).toBe(true)
})
