import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { createHostPool, createSession } from '../../../src/index.ts'
import { hostProcesses } from '../../hostile/host-death/host-processes.ts'
import { Gate } from '../../support/gate.ts'
import { textsOf } from '../../support/texts.ts'

const longYieldTime = { yieldTimeMs: 600_000 }

test.skipIf(process.platform !== 'linux')(
  'a pool replaces a host that retains the memory of many cells once the host has no cells',
  async () => {
    await using hosts = createHostPool({ size: 1, warmIsolates: 1 })
    const gate = new Gate()
    await using session = await createSession({ hosts, tools: [gate.tool], limits: { maxCellsPerSession: 128 } })
    const [fresh = 0] = hostProcesses()
    const freshMb = residentMb(fresh)
    const cells = Array.from({ length: 64 }, (_, n) => session.execute(greedyProgram(n), longYieldTime))
    await gate.called(cells.length)
    expect(residentMb(fresh) - freshMb).toBeGreaterThan(200)
    for (const key of cells.keys()) gate.open(` and ${key}`, String(key))
    expect((await Promise.all(cells)).map(textsOf)).toEqual([...cells.keys()].map((key) => [`200000 and ${key}`]))

    await expect.poll(() => hostProcesses().filter((pid) => pid !== fresh)).toHaveLength(1)
    await expect.poll(() => hostProcesses()).not.toContain(fresh)
    const [successor = 0] = hostProcesses()
    expect(residentMb(successor) - freshMb).toBeLessThan(64)
    expect(textsOf(await session.execute('text("on the new one")', longYieldTime))).toEqual(['on the new one'])
    expect(hostProcesses()).toEqual([successor])
  },
)

/** Returns a program that holds about 8 MB while it waits. */
function greedyProgram(n: number): string {
  return `const held = Array.from({ length: 200_000 }, (_, at) => ({ at })); text(held.length + await tools.gate({ key: "${n}" }))`
}

function residentMb(pid: number): number {
  return (Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]) * 4096) / 1e6
}
