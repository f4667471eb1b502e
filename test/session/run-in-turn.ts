import { expect } from 'vitest'
import { createHostPool, createSession } from '../../src/index.ts'
import { Gate } from '../support/gate.ts'
import { textsOf } from '../support/texts.ts'

/** Runs cells that wait twice each on a host with four slots. Each cell prints its results and makes each call once. */
export async function runInTurn(count: number): Promise<void> {
  await using hosts = createHostPool({ size: 1, warmIsolates: 4, maxCells: 4 })
  const gate = new Gate()
  await using session = await createSession({ hosts, tools: [gate.tool], limits: { maxCellsPerSession: count } })
  const cells = Array.from({ length: count }, (_, n) =>
    session.execute(`text(await tools.gate({ key: "${n}a" })); text(await tools.gate({ key: "${n}b" }))`, {
      yieldTimeMs: 600_000,
    }),
  )
  await gate.called(count)
  expect(gate.waiting).toHaveLength(count)
  for (const key of gate.waitingKeys.toReversed()) gate.open(key, key)
  await gate.called(2 * count)
  for (const key of gate.waitingKeys.toReversed()) gate.open(key, key)
  const outcomes = await Promise.all(cells)
  expect(outcomes.map(textsOf)).toEqual(Array.from({ length: count }, (_, n) => [`${n}a`, `${n}b`]))
  expect(new Set(gate.keys).size).toBe(2 * count)
  expect(gate.calls).toHaveLength(2 * count)
}
