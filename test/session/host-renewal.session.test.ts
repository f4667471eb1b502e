import { readFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { createHostPool, createSession, type Outcome } from '../../src/index.ts'
import { hostProcesses } from '../hostile/host-processes.ts'
import { KeyedGate } from './keyed-gate.ts'

const patient = { yieldTimeMs: 300_000 }

test.skipIf(process.platform !== 'linux')(
  'a host that had many cells and keeps their memory is replaced when it has none',
  { timeout: 300_000 },
  async () => {
    await using hosts = createHostPool({ size: 1, spares: 1 })
    const gate = new KeyedGate()
    await using session = await createSession({ hosts, tools: [gate.tool], limits: { cells: 128 } })
    const [fresh = 0] = hostProcesses()
    const freshMb = residentMb(fresh)
    const cells = Array.from({ length: 64 }, (_, n) => session.execute(greedy(n), patient))
    await gate.called(cells.length)
    expect(residentMb(fresh) - freshMb).toBeGreaterThan(200)
    for (const key of cells.keys()) gate.open(String(key), ` and ${key}`)
    expect((await Promise.all(cells)).map(textOf)).toEqual([...cells.keys()].map((key) => `200000 and ${key}`))

    const [successor = 0] = await vi.waitFor(
      () => {
        const running = hostProcesses()
        expect(running).toEqual([expect.any(Number)])
        expect(running).not.toContain(fresh)
        return running
      },
      { timeout: 120_000, interval: 100 },
    )
    expect(residentMb(successor) - freshMb).toBeLessThan(64)
    expect(textOf(await session.execute('text("on the new one")', patient))).toBe('on the new one')
    expect(hostProcesses()).toEqual([successor])
  },
)

test('one that has little of it stays', async () => {
  await using hosts = createHostPool({ size: 1, spares: 1 })
  await using session = await createSession({ hosts })
  const before = hostProcesses()
  expect(textOf(await session.execute('text("x".repeat(1_000_000).length)', patient))).toBe('1000000')
  expect(hostProcesses()).toEqual(before)
})

/** It holds some 8 MB while it waits. */
function greedy(n: number): string {
  return `const held = Array.from({ length: 200_000 }, (_, at) => ({ at })); text(held.length + await tools.gate({ key: "${n}" }))`
}

function residentMb(pid: number): number {
  return (Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]) * 4096) / 1e6
}

function textOf(outcome: Outcome): string | null {
  const [item] = 'items' in outcome ? outcome.items : []
  return item?.type === 'input_text' ? item.text : null
}
