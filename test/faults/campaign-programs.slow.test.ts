import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { SeededPrograms } from './campaign.ts'
import { cutPlan, everyLoss } from './fault-plan.ts'
import { runExample } from './run-example.ts'
import { removeFolder } from './scenario.ts'

// `campaign.slow.test.ts` runs more of it, and `npm run campaign` runs for any duration.
describe('a campaign', () => {
  // The files of a failure stay there.
  const root = mkdtempSync(join(tmpdir(), 'codecell-faults-'))
  let programs: SeededPrograms
  beforeAll(async () => {
    programs = await SeededPrograms.start(1, root)
  })

  test('programs end as they do without faults when agents and hosts are killed', async () => {
    expect(programs.failure).toBeNull()
    // Faults of different kinds, and corrupt journals.
    const { failure, calls, faults } = await programs.run(2)
    expect(failure).toBeNull()
    expect(calls).toBeGreaterThan(0)
    expect(faults.length).toBeGreaterThan(0)
  })

  test('programs end as they do without faults when the links to all hosts break', async () => {
    const { failure, faults } = await programs.runPlan(4, cutPlan('reset'))
    expect([failure, faults]).toEqual([null, ['link-reset at request']])
  })

  test('programs end as they do without faults when their processes lose the session', async () => {
    const { failure, faults } = await programs.runPlan(3, everyLoss)
    expect(failure).toBeNull()
    expect(faults).toEqual([
      // A process that is suspended during a write keeps its session.
      expect.stringMatching(/^paused at request, (taken over|refused)$/),
      'copy at request, taken over',
      'lease-opened at opened, taken over',
      'lease-removed at opened, taken over',
      'lease-read at opened, refused',
    ])
    removeFolder(root)
  })
})

test('the example program reports the same when its agent is killed', async () => {
  const [quiet, broken] = await Promise.all([runExample([]), runExample([17])])
  expect([quiet.ending, quiet.printed[0]]).toEqual(['completed', '# Files per folder'])
  expect([broken.ending, broken.printed]).toEqual(['completed', quiet.printed])
  // The pending calls were made again.
  expect(broken.calls).toBeGreaterThan(quiet.calls)
})
