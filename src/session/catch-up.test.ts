import { expect, test } from 'vitest'
import { CatchUp, timeLeft } from './catch-up.ts'

const timer = { due: 1100, delay: 100 }

test.each<[string, Parameters<typeof timeLeft>[1], number, number]>([
  ['before it is due', [], 1040, 60],
  ['when it is overdue', [], 5000, 0],
  ['when the clock of the machine went back', [], 10, 100],
  ['when somebody is still asked', [{ from: 1030, to: null }], 9000, 70],
  ['when somebody was asked for a while', [{ from: 1030, to: 1050 }], 1060, 60],
  ['when somebody was asked before it was set', [{ from: 900, to: 990 }], 1040, 60],
  ['when it was set while somebody was asked', [{ from: 900, to: 1020 }], 1040, 80],
  [
    'when two were asked at once',
    [
      { from: 1010, to: 1030 },
      { from: 1020, to: 1040 },
    ],
    1050,
    80,
  ],
  [
    'when one was asked within the time of another',
    [
      { from: 1010, to: 1040 },
      { from: 1020, to: 1030 },
    ],
    1050,
    80,
  ],
])('a timer has to run on %s', (_, pauses, now, left) => {
  expect(timeLeft(timer, pauses, now)).toBe(left)
})

test('timers that did not fire are set again, the one that is due first in front', () => {
  const catchUp = new CatchUp({
    delivered: 0,
    notified: 0,
    answers: new Map(),
    firedTimers: new Set([1]),
    timers: new Map([
      [1, { due: 10, delay: 5 }],
      [2, { due: 90, delay: 60 }],
      [3, { due: 50, delay: 30 }],
      [4, { due: 50, delay: 20 }],
    ]),
    lastTime: 0,
  })
  for (const id of [1, 2, 3, 4]) catchUp.timerSet(id, 1)
  catchUp.timerSet(5, 0)
  catchUp.timerSet(6, 0)
  catchUp.timerCleared(6)
  // The one on no record was set when the newest of the others was, not now.
  expect(catchUp.timers().map(({ id, due, isNew }) => [id, due, isNew])).toEqual([
    [5, 30, true],
    [3, 50, false],
    [4, 50, false],
    [2, 90, false],
  ])
})
