import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { unavailable } from '../support/postgres/postgres-server.ts'
import { SeededPrograms } from './campaign.ts'
import { removeFolder } from './scenario.ts'
import { CampaignStore } from './shared-store.ts'

describe.skipIf(unavailable() !== null)('a campaign over a shared store in PostgreSQL', () => {
  let store: CampaignStore
  beforeAll(async () => {
    store = await CampaignStore.start()
  })
  afterAll(() => store[Symbol.asyncDispose]())

  test('the programs of as many seeds as fit into a minute end as they do without faults', async () => {
    const root = mkdtempSync(join(tmpdir(), 'codecell-faults-'))
    const until = performance.now() + 60_000
    const faults: string[] = []
    for (let seed = 1; performance.now() < until; seed++) {
      const programs = await SeededPrograms.start(seed, root, { store })
      for (const run of [1, 2]) {
        const result = await programs.run(run)
        expect(result.failure).toBeNull()
        faults.push(...result.faults)
      }
    }
    expect(faults.length).toBeGreaterThan(0)
    removeFolder(root)
  })
})
