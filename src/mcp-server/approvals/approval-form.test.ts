import { expect, test } from 'vitest'
import type { ApprovalBatch, ApprovalDecision, ApprovalRequest } from '../../session/api/approval.ts'
import { approvalForm, decisionsOf } from './approval-form.ts'

function request(key: string, identifier: string, line: number): ApprovalRequest {
  const tool = { name: identifier, call: () => null }
  return {
    key,
    cellId: '1',
    callId: key,
    execCallId: null,
    identifier,
    tool,
    input: { key },
    location: { line, column: 1 },
  }
}

const batch: ApprovalBatch = {
  cellId: '1',
  source: 'send(all)\nremove(x)',
  requests: [request('a', 'send', 1), request('b', 'send', 1), request('c', 'remove', 2)],
}
const allow: ApprovalDecision = { type: 'allow' }
const deny: ApprovalDecision = { type: 'deny', reason: 'the user declined' }
const counted = 'allow the number of calls below in this program'

test('a form has the card of the program and fields of simple types for each group of calls', () => {
  const choice = {
    type: 'string',
    enum: ['allow these calls', counted, 'allow all calls of this tool in this session', 'deny'],
  }
  const calls = {
    type: 'integer',
    title: 'How many calls',
    description: 'Includes the calls above. Required only for that choice.',
    minimum: 1,
  }
  const reason = { type: 'string', title: 'Reason for denial', description: 'The program receives it.' }
  expect(approvalForm(batch).question).toEqual({
    method: 'elicitation/create',
    params: {
      mode: 'form',
      message: `Allow these calls of a program?

The program:
> 1 | send(all)
> 2 | remove(x)

2 calls of tools.send from line 1
  1 | send(all)
  1. {"key":"a"}
  2. {"key":"b"}

1 call of tools.remove from line 2
  2 | remove(x)
  {"key":"c"}`,
      requestedSchema: {
        type: 'object',
        properties: {
          decision_1: { ...choice, title: '2 calls of tools.send from line 1' },
          calls_1: calls,
          reason_1: reason,
          decision_2: { ...choice, title: '1 call of tools.remove from line 2' },
          calls_2: calls,
          reason_2: reason,
        },
        required: ['decision_1', 'decision_2'],
      },
    },
  })
})

test.each([
  [
    { decision_1: 'allow these calls', decision_2: 'deny', reason_2: ' keep it ' },
    [allow, allow, { type: 'deny', reason: 'keep it' }],
  ],
  [
    { decision_1: 'allow all calls of this tool in this session', decision_2: 'allow these calls' },
    [{ type: 'allow_in_session' }, { type: 'allow_in_session' }, allow],
  ],
  [
    { decision_1: counted, calls_1: 5, decision_2: counted, calls_2: 1 },
    [allow, { type: 'allow_in_cell', calls: 4 }, allow],
  ],
  [{ decision_1: counted, decision_2: counted, calls_2: -1 }, [allow, allow, allow]],
  // The second call of the group is asked about again.
  [{ decision_1: counted, calls_1: 1, decision_2: 'deny' }, [allow, undefined, deny]],
  [undefined, [deny, deny, deny]],
  [{}, [deny, deny, deny]],
  [{ allow: true, decision_1: true, decision_2: 'Allow these calls' }, [deny, deny, deny]],
  [{ decision_1: 'deny', reason_1: 7, decision_2: 'deny', reason_2: '' }, [deny, deny, deny]],
])('the content %j decides about each call', (content, expected) => {
  const decisions = decisionsOf(approvalForm(batch), content)
  expect(['a', 'b', 'c'].map((key) => decisions.get(key))).toEqual(expected)
})

test('a form has fields for eight groups at most, and says how many calls are left for the next form', () => {
  const requests = Array.from({ length: 20 }, (_, index) => request(`${index}`, 'send', index + 1))
  const form = approvalForm({ ...batch, requests })
  expect(form.groups.map(({ line }) => line)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  expect(JSON.stringify(form.question)).toContain('12 more calls wait; they are asked about next.')
  expect([...decisionsOf(form, undefined).keys()]).toEqual(['0', '1', '2', '3', '4', '5', '6', '7'])
})
