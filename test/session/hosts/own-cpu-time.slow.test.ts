import { expect, test } from 'vitest'
import { createHostPool, createSession } from '../../../src/index.ts'

test('a session does not charge a cell for the CPU time of other cells on its host', async () => {
  await using hosts = createHostPool({ size: 1 })
  const work = 'let sum = 0; for (let n = 0; n < 1e8; n++) sum += n % 7; text(sum)'
  await using alone = await createSession({ hosts })
  const longYieldTime = { yieldTimeMs: 120_000 }
  await alone.execute(work, longYieldTime)
  const begun = performance.now()
  const expected = await alone.execute(work, longYieldTime)
  const aloneMs = Math.ceil(performance.now() - begun)
  await using burning = await createSession({ hosts, limits: { maxCpuMsPerCell: 600_000 } })
  const burners = Array.from({ length: 12 }, () => burning.execute('for (;;);', { yieldTimeMs: 0 }))
  await Promise.all(burners)
  await using modest = await createSession({ hosts, limits: { maxCpuMsPerCell: 3 * aloneMs } })
  expect(await modest.execute(work, longYieldTime)).toMatchObject({
    type: 'completed',
    items: 'items' in expected && expected.items,
  })
})

test('a busy cell on a shared host fails at its own limit', async () => {
  await using hosts = createHostPool({ size: 1 })
  await using burning = await createSession({ hosts, limits: { maxCpuMsPerCell: 600_000 } })
  await Promise.all(Array.from({ length: 4 }, () => burning.execute('for (;;);', { yieldTimeMs: 0 })))
  await using limited = await createSession({ hosts, limits: { maxCpuMsPerCell: 500 } })
  expect(await limited.execute('for (;;);', { yieldTimeMs: 120_000 })).toMatchObject({
    type: 'failed',
    limit: 'cpu_ms',
  })
})
