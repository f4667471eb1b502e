import { expect, test } from 'vitest'
import { maxInput, partToAsk } from '../../agent/approval-prompt/part-to-ask.ts'
import type { ApprovalBatch, ApprovalRequest } from '../../session/api/approval.ts'
import { HeldApprovals } from './held-approvals.ts'

/** Calls of one cell that wait, until they are decided about. */
function waiting(inputs: readonly unknown[]): { held: HeldApprovals; decided: string[] } {
  const tool = { name: 'remove', call: () => null }
  const requests = new Map(
    inputs.map((input, index): [string, ApprovalRequest] => {
      const key = String(index)
      return [
        key,
        { key, cellId: '1', callId: key, execCallId: null, identifier: 'remove', tool, input, location: null },
      ]
    }),
  )
  const decided: string[] = []
  const pendingApprovals = (): ApprovalBatch[] =>
    requests.size === 0 ? [] : [{ cellId: '1', source: '', requests: [...requests.values()] }]
  const held = new HeldApprovals({
    pendingApprovals,
    decide(keys, { type }) {
      for (const key of [keys].flat()) if (requests.delete(key)) decided.push(`${key} ${type}`)
    },
  })
  return { held, decided }
}

test('an approval covers the calls that its request shows; the next request has the others', () => {
  const { held, decided } = waiting(Array.from({ length: 12 }, (_, path) => ({ path })))
  const first = held.question('wait-1', ['1'], partToAsk)
  expect(first?.asked[0]?.requests.map(({ key }) => key)).toEqual(['0', '1', '2', '3', '4'])
  expect(first?.later).toHaveLength(7)
  expect(held.hasNews('1')).toBe(true)
  held.decide('wait-1', { type: 'allow' })
  expect(decided).toEqual(['0 allow', '1 allow', '2 allow', '3 allow', '4 allow'])
  held.question('wait-2', ['1'], partToAsk)
  held.decide('wait-2', { type: 'allow' })
  expect(decided).toHaveLength(12)
  expect(held.question('wait-3', ['1'], partToAsk)).toBeNull()
})

test('a call that no request can show is denied with the others, but never approved', () => {
  const huge = { ['k'.repeat(maxInput)]: 1 }
  const { held, decided } = waiting([{ path: 'a' }, huge])
  held.question('wait-1', ['1'], partToAsk)
  held.decide('wait-1', { type: 'allow' })
  expect(decided).toEqual(['0 allow'])
  expect(held.question('wait-2', ['1'], partToAsk)).toMatchObject({ asked: [], tooLong: [{ key: '1' }] })
  held.decide('wait-2', { type: 'deny' })
  expect(decided).toEqual(['0 allow', '1 deny'])
})
