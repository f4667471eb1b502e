import { expect, test } from 'vitest'
import { approvalNote } from './approval-note.ts'

const none = { decision: null, calls: null, by: null, reason: null }

test.each<[Partial<Parameters<typeof approvalNote>[0]>, string | null]>([
  [{}, null],
  [{ reason: 'no' }, 'no'],
  [{ decision: 'allow', by: 'person' }, null],
  [{ decision: 'deny', by: 'person', reason: 'no' }, 'no'],
  [{ decision: 'allow_in_cell', calls: 20, by: 'person' }, 'allow in cell: 20 calls'],
  [{ decision: 'allow_in_cell', calls: 1, by: 'person' }, 'allow in cell: 1 call'],
  [{ decision: 'allow_in_session', by: 'person' }, 'allow in session'],
  [{ decision: 'allow', by: 'grant' }, 'by grant'],
  [{ decision: 'deny', by: 'policy', reason: 'read only' }, 'read only'],
  [{ decision: 'deny', by: 'policy' }, 'by policy'],
  [{ decision: 'deny', by: 'earlier_denial', reason: 'no' }, 'no, by earlier denial'],
])('approvalNote() turns %j into %j', (given, note) => {
  expect(approvalNote({ ...none, ...given })).toBe(note)
})
