import { expect, test } from 'vitest'
import { runServerSoak } from './server-soak.ts'

test('MCP servers that are killed, restarted and updated work at the end, and leave nothing', async () => {
  const report = await runServerSoak({ seconds: 15, seed: 1 })
  expect(report.problems).toEqual([])
  expect(report.faults).toBeGreaterThan(10)
  expect(report.succeeded).toBeGreaterThan(100)
})
