import { describe, expect, test } from 'vitest'
import { displayWidth } from './display-width.ts'
import { distance, textTable, timestamp } from './text-table.ts'

describe('displayWidth()', () => {
  test.each([
    ['', 0],
    ['abc', 3],
    ['é', 1],
    ['e\u0301', 1],
    ['a\u200b', 1],
    ['天气', 4],
    ['カタ', 4],
    ['ｶﾀ', 2],
    ['ひ、。', 6],
    ['한국', 4],
    ['Ａ', 2],
    ['👍', 2],
    ['👍🏽', 2],
    ['👨‍👩‍👧', 2],
    ['🇩🇪', 2],
    ['❤️', 2],
    ['❤', 1],
    ['…', 1],
    ['⠋', 1],
    ['Привет', 6],
  ])('displayWidth() of "%s" returns %i', (text, width) => {
    expect(displayWidth(text)).toBe(width)
  })
})

describe('textTable()', () => {
  test('textTable() aligns columns with wide characters', () => {
    expect(
      textTable([
        ['NAME', 'STATE', 'NOTE'],
        ['天气', 'ok', 'x'],
        ['👍 done', 'failed', ''],
        ['plain', '한국', 'the last column is not padded'],
      ]),
    ).toEqual([
      'NAME     STATE   NOTE',
      '天气     ok      x',
      '👍 done  failed',
      'plain    한국    the last column is not padded',
    ])
  })

  test('textTable() escapes control characters before it measures', () => {
    expect(
      textTable([
        ['\u001b[2J', 'a'],
        ['x', 'b'],
      ]),
    ).toEqual(['\\u{1b}[2J  a', 'x          b'])
  })
})

test.each([
  [0, 'now'],
  [-999, 'now'],
  [-1_000, '1 s ago'],
  [59_000, 'in 59 s'],
  [-60_000, '1 min ago'],
  [-7_200_000, '2 h ago'],
  [172_800_000, 'in 2 d'],
])('distance() of %i ms returns "%s"', (ms, text) => {
  expect(distance(ms)).toBe(text)
})

test.each([
  [null, '-'],
  [Number.NaN, 'an unknown time'],
  [Date.UTC(2026, 10, 29, 6, 20, 11), '2026-11-29 06:20:11 UTC (3 min ago)'],
])('timestamp() of %s returns "%s"', (at, text) => {
  expect(timestamp(at, Date.UTC(2026, 10, 29, 6, 23, 30))).toBe(text)
})
