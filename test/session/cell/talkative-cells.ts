import { expect } from 'vitest'
import { createSession } from '../../../src/index.ts'
import { sharedHosts } from '../../support/hosts.ts'

/**
 * Runs cells that print and store large pieces. Each piece fills the channel, so the cell waits for its host at every piece. The host
 * slows the cell down, but never leaves it waiting.
 */
export async function runTalkativeCells({ rounds, pieces }: { rounds: number; pieces: number }): Promise<void> {
  await using session = await createSession({ hosts: sharedHosts('default'), limits: { maxStallMs: 60_000 } })
  for (let round = 0; round < rounds; round++) {
    const source = `for (let i = 0; i < ${pieces}; i++) { store("k", "x".repeat(1e5)); text("y".repeat(5e4)) }; text("end")`
    const outcome = await session.execute(source, { yieldTimeMs: 600_000 })
    expect([outcome.type, 'items' in outcome ? outcome.items.length : 0]).toEqual(['completed', pieces + 1])
  }
}
