import { expect, test } from 'vitest'
import { ReplayedTimers, timeLeft } from './replayed-timers.ts'

const timer = { due: 1100, delay: 100 }

test.each<[string, Parameters<typeof timeLeft>[1], number, number]>([
  ['before it is due', [], 1040, 60],
  ['when it is overdue', [], 5000, 0],
  ['when the system clock was set back', [], 10, 100],
  ['while a decision is pending', [{ from: 1030, to: null }], 9000, 70],
  ['when a decision was pending for a while', [{ from: 1030, to: 1050 }], 1060, 60],
  ['when a decision was pending before it was set', [{ from: 900, to: 990 }], 1040, 60],
  ['when it was set while a decision was pending', [{ from: 900, to: 1020 }], 1040, 80],
  [
    'when two decisions were pending at once',
    [
      { from: 1010, to: 1030 },
      { from: 1020, to: 1040 },
    ],
    1050,
    80,
  ],
  [
    'when one decision was pending within the time of another',
    [
      { from: 1010, to: 1040 },
      { from: 1020, to: 1030 },
    ],
    1050,
    80,
  ],
])('timeLeft() returns the remaining time of a timer %s', (_, pauses, now, left) => {
  expect(timeLeft(timer, pauses, now)).toBe(left)
})

test('timers that did not fire are set again in the order in which they are due', () => {
  const progress = { delivered: 0, notified: 0, responses: new Map(), firedTimers: new Set([1]), lastTime: 100 }
  const dues = [[], [1, 2, 3], [5, 4, 3, 2, 1]].map((recorded) => {
    const replayed = new ReplayedTimers({ ...progress, recordedTimers: new Set(recorded) })
    for (const [at, delay] of [1, 90, 45, 45, 45].entries()) replayed.timerSet({ id: at + 1, delay, time: 30 })
    replayed.timerSet({ id: 6, delay: 0, time: 100 })
    replayed.timerSet({ id: 7, delay: 0, time: 100 })
    replayed.timerCleared(7)
    return replayed.timers().map(({ id, due, isNew }) => [id, due, isNew])
  })
  const expected = (recorded: readonly number[]): unknown[] =>
    [
      [3, 75],
      [4, 75],
      [5, 75],
      [6, 100],
      [2, 120],
    ].map(([id = 0, due]) => [id, due, !recorded.includes(id)])
  expect(dues).toEqual([expected([]), expected([1, 2, 3]), expected([5, 4, 3, 2, 1])])
})
