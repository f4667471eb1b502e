import { expect, test } from 'vitest'
import type { ApprovalDecision } from '../../session/api/approval.ts'
import { spreadDecision } from './spread-decision.ts'

const mails = ['a', 'b', 'c'].map((key) => ({ key, identifier: 'send' }))
const others = [
  { key: 'x', identifier: 'remove' },
  { key: 'd', identifier: 'send' },
]
const denied: ApprovalDecision = { type: 'deny', reason: 'no' }
const once: ApprovalDecision = { type: 'allow' }
const always: ApprovalDecision = { type: 'allow_in_session' }

test.each([
  [once, { a: once, b: once, c: once }],
  [denied, { a: denied, b: denied, c: denied }],
  [always, { a: always, b: always, c: always, d: always }],
  [{ type: 'allow_in_cell', calls: 1 }, { a: once }],
  [
    { type: 'allow_in_cell', calls: 2 },
    { a: once, b: once },
  ],
  [
    { type: 'allow_in_cell', calls: 3 },
    { a: once, b: once, c: once },
  ],
  [
    { type: 'allow_in_cell', calls: 4 },
    { a: once, b: once, c: once, d: once },
  ],
  [
    { type: 'allow_in_cell', calls: 9 },
    { a: once, b: once, c: once, d: { type: 'allow_in_cell', calls: 6 } },
  ],
] as const)('spreadDecision() turns %j about three of four calls into single decisions', (decision, expected) => {
  expect(Object.fromEntries(spreadDecision(decision, mails, [...mails, ...others]))).toEqual(expected)
})
