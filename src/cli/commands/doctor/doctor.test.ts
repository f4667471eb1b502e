import { expect, test } from 'vitest'
import { findingOf } from './doctor.ts'

const cell = { cellId: '1', items: [], durationMs: 1 }
const check = { profile: 'default', ifNot: 'broken', ms: 80, failedStarts: [] } as const
const reason = 'it could not be started: the system allows no more processes (EAGAIN)'

test('findingOf() reports a host that runs', () => {
  expect(findingOf({ type: 'completed', ...cell }, check)).toEqual({
    check: 'default_host',
    state: 'ok',
    text: 'A host in the default profile runs a cell (80 ms from start to end)',
    advice: null,
  })
})

test('findingOf() reports starts that failed before one succeeded', () => {
  expect(findingOf({ type: 'completed', ...cell }, { ...check, failedStarts: ['it exited', reason] })).toEqual({
    check: 'default_host',
    state: 'note',
    text: `A host in the default profile runs a cell (80 ms from start to end), but 2 starts failed before: ${reason}`,
    advice: expect.stringContaining('ulimit'),
  })
})

test('findingOf() reports a cell that waits for a host, with the reason', () => {
  const outcome = { type: 'yielded', ...cell, stalled: false, waitsForHost: reason } as const
  expect(findingOf(outcome, check)).toEqual({
    check: 'default_host',
    state: 'broken',
    text: `A cell waits for a host in the default profile, because none can be started: ${reason}`,
    advice: expect.stringContaining('Fix the problems above first'),
  })
})
