import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runSeed } from './campaign.ts'
import type { Sabotage } from './messages.ts'

const patienceMs = 300_000

function newRoot(): string {
  return mkdtempSync(join(tmpdir(), 'codecell-faults-'))
}

describe('programs whose agents and hosts are killed at random moments end as if nothing had happened', () => {
  // `npm run campaign` goes on from here for as long as one likes.
  test.each([1, 2])(
    'seed %i',
    async (seed) => {
      const { failures, calls, faults } = await runSeed(seed, { root: newRoot(), runs: 2 })
      expect(failures).toEqual([])
      expect(calls).toBeGreaterThan(0)
      expect(faults.size).toBeGreaterThan(0)
    },
    patienceMs,
  )
})

describe('a store that is broken on purpose does not get away with it', () => {
  test.each<[Sabotage, number, number, RegExp]>([
    ['starts-unrecorded', 1, 2, /was called twice|is on no ledger/],
    ['answers-unrecorded', 1, 2, /printed/],
    ['commands-unrecorded', 5, 1, /: lost/],
  ])(
    '%s',
    async (sabotage, seed, runs, expected) => {
      const { failures } = await runSeed(seed, { root: newRoot(), runs, sabotage })
      expect(failures.flatMap(({ violations }) => violations).join('\n')).toMatch(expected)
    },
    patienceMs,
  )
})
