import { describe, expect, test } from 'vitest'
import { median, summarize } from './statistics.ts'

describe('summarize()', () => {
  test.each([
    { samples: [5], summary: { min: 5, p50: 5, p95: 5, count: 1 } },
    { samples: [4, 2], summary: { min: 2, p50: 3, p95: 3.9, count: 2 } },
    { samples: [10, 9, 100, 1, 2], summary: { min: 1, p50: 9, p95: 82, count: 5 } },
    { samples: [-1, 0, 1], summary: { min: -1, p50: 0, p95: 0.9, count: 3 } },
  ])('summarize() summarizes $samples', ({ samples, summary }) => {
    const actual = summarize(samples)
    expect(actual.count).toBe(summary.count)
    expect(actual.min).toBeCloseTo(summary.min)
    expect(actual.p50).toBeCloseTo(summary.p50)
    expect(actual.p95).toBeCloseTo(summary.p95)
  })

  test('summarize() does not reorder the samples', () => {
    const samples = [3, 1, 2]
    summarize(samples)
    expect(samples).toEqual([3, 1, 2])
  })

  test('summarize() rejects an empty list', () => {
    expect(() => summarize([])).toThrow(new RangeError('Cannot summarize samples: there are none'))
  })
})

test('median() is the middle sample, or the mean of the two middle samples', () => {
  expect([median([7, 1, 3]), median([4, 1, 2, 3])]).toEqual([3, 2.5])
})
