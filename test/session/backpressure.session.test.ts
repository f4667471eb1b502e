import { afterAll, expect, test } from 'vitest'
import { createHostPool, createSession } from '../../src/index.ts'

const hosts = createHostPool({ size: 1 })
afterAll(() => hosts[Symbol.asyncDispose]())

// Each value fills the channel, so that every wait of the cell for its host meets a channel that is full, or was.
test(
  'a cell that says much, in large pieces, is slowed down and never left waiting',
  { timeout: 120_000 },
  async () => {
    await using session = await createSession({ hosts, limits: { stallMs: 5000 } })
    for (let round = 0; round < 20; round++) {
      const source = 'for (let i = 0; i < 150; i++) { store("k", "x".repeat(1e5)); text("y".repeat(5e4)) }; text("end")'
      const outcome = await session.execute(source, { yieldTimeMs: 60_000 })
      expect([outcome.type, 'items' in outcome ? outcome.items.length : 0]).toEqual(['completed', 151])
    }
  },
)
