import { expect, test } from 'vitest'
import { runSoak } from './soak-run.ts'

test.runIf(process.platform === 'linux')(
  'an agent whose cells meet hostile tools keeps its memory flat, and nothing in it is unhandled',
  { timeout: 600_000 },
  async () => {
    const { samples, problems, heap } = await runSoak({ minutes: 1, seed: 1 })
    expect(problems).toEqual([])
    expect(samples.at(-1)?.cells).toBeGreaterThan(1000)
    expect(heap).toMatchObject({ type: 'flat' })
  },
)
