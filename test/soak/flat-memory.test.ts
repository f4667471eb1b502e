import { expect, test } from 'vitest'
import { SeededRandom } from '../faults/random.ts'
import { judgeFlatness, type MemorySample } from './flat-memory.ts'

const tolerance = { bytesPerCell: 100 }

const seeds = Array.from({ length: 100 }, (_, seed) => seed)

type Shape = { readonly leak: number; readonly noise: number; readonly rounds?: number }

/** A typical run of a minute: caches fill at first, and a collection leaves more or less garbage. */
function series(seed: number, { leak, noise, rounds = 40 }: Shape): MemorySample[] {
  const random = new SeededRandom(seed)
  return Array.from({ length: rounds }, (_, round) => {
    const cells = (round + 1) * 150
    const warming = 2 * 2 ** 20 * (1 - Math.exp(-round / 3))
    return { cells, bytes: 12 * 2 ** 20 + warming + leak * cells + noise * (random.next() + random.next() - 1) }
  })
}

test('a leak of 200 bytes for each cell is found under noise', () => {
  const verdicts = seeds.map((seed) => judgeFlatness(series(seed, { leak: 200, noise: 200_000 }), tolerance).type)
  expect(new Set(verdicts)).toEqual(new Set(['growing']))
})

test('noise alone is flat', () => {
  const verdicts = seeds.map((seed) => judgeFlatness(series(seed, { leak: 0, noise: 1_000_000 }), tolerance).type)
  expect(verdicts.filter((type) => type !== 'flat').length).toBeLessThanOrEqual(1)
})

test('a few high samples are not a leak', () => {
  const samples = series(1, { leak: 0, noise: 100_000 }).map(({ cells, bytes }, at) => ({
    cells,
    bytes: at > 35 ? bytes + 5 * 2 ** 20 : bytes,
  }))
  expect(judgeFlatness(samples, tolerance).type).toBe('flat')
})

test('memory that falls is flat', () => {
  expect(judgeFlatness(series(1, { leak: -500, noise: 100_000 }), tolerance)).toMatchObject({ type: 'flat' })
})

test('the slope is in bytes per cell', () => {
  expect(judgeFlatness(series(1, { leak: 1000, noise: 10_000 }), tolerance).bytesPerCell).toBeCloseTo(1000, -2)
})

test('a series of few samples shows no trend', () => {
  expect(judgeFlatness(series(1, { leak: 200, noise: 0, rounds: 8 }), tolerance).type).toBe('too short')
})
