import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { SeededPrograms, type Failure } from './campaign.ts'
import { cuts } from '../support/links/link-relay.ts'
import { cutPlan, everyLoss } from './fault-plan.ts'
import type { Sabotage } from './messages.ts'
import { removeFolder } from './scenario.ts'
import { runExample } from './run-example.ts'

function newRoot(): string {
  return mkdtempSync(join(tmpdir(), 'codecell-faults-'))
}

/** Runs the programs of a seed with several numbers of faults. Returns the failures. */
async function failuresOf(seed: number, runs: readonly number[], sabotage: Sabotage | null = null): Promise<Failure[]> {
  const root = newRoot()
  const programs = await SeededPrograms.start(seed, root)
  const failures = [programs.failure]
  for (const run of runs) failures.push((await programs.run(run, sabotage)).failure)
  const found = failures.filter((failure) => failure !== null)
  if (found.length === 0 || sabotage !== null) removeFolder(root)
  return found
}

test('the programs of as many seeds as fit into half a minute end as they do without faults', async () => {
  const until = performance.now() + 30_000
  let next = 1
  const lane = async (): Promise<void> => {
    while (performance.now() < until) expect(await failuresOf(next++, [1, 2, 3, 4])).toEqual([])
  }
  await Promise.all([lane(), lane()])
  expect(next).toBeGreaterThan(1)
})

test.each(cuts)('programs end as they do without faults when the links to all hosts break by "%s"', async (cut) => {
  const root = newRoot()
  const programs = await SeededPrograms.start(1, root)
  for (const run of [1, 2, 3]) {
    const { failure, faults } = await programs.runPlan(run, cutPlan(cut))
    expect([failure, faults]).toEqual([null, [`link-${cut} at request`]])
  }
  removeFolder(root)
})

test.each<[Sabotage, number, RegExp]>([
  ['starts-unrecorded', 1, /was called twice|is on no ledger/],
  ['answers-unrecorded', 6, /printed/],
  ['commands-unrecorded', 5, /: lost|the journal of a cell has \d+ of \d+ lines/],
])('a campaign notices a store with %s', async (sabotage, seed, expected) => {
  const failures = await failuresOf(seed, [1, 2], sabotage)
  expect(failures.flatMap(({ violations }) => violations).join('\n')).toMatch(expected)
})

test('a campaign notices a store that does not look who owns it', async () => {
  const root = newRoot()
  const programs = await SeededPrograms.start(1, root)
  const violations: string[] = []
  // Whether a process that lost its session has more work to do depends on timing, so there are several runs.
  for (let run = 1; run <= 8 && !violations.some(isOfLoser); run++) {
    const { failure } = await programs.runPlan(run, everyLoss, 'owner-unchecked')
    violations.push(...(failure?.violations ?? []))
  }
  expect(violations.filter(isOfLoser)).not.toEqual([])
  removeFolder(root)
})

function isOfLoser(violation: string): boolean {
  return violation.includes('by a process that had lost the session')
}

test('the example program reports the same when its agent is killed five times', async () => {
  const quiet = await runExample([])
  const broken = await runExample([1, 3, 17, 30, 5])
  expect([broken.ending, broken.printed]).toEqual(['completed', quiet.printed])
  expect(broken.calls).toBeGreaterThan(quiet.calls)
})
