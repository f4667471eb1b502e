import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createHostPool, createSession, type CellOutcome, type Session } from '../../src/index.ts'
import { Gate } from '../support/gate.ts'
import { textsOf } from '../support/texts.ts'
import { excesses, floods, hoards, spins, type Bomb } from './bombs.ts'
import { longBuiltins } from './long-builtins.ts'
import type { HostsUnderTest } from './hosts-under-test.ts'

const limits = {
  maxMemoryMbPerCell: 32,
  maxStallMs: 20_000,
  maxUnreadOutputBytesPerCell: 20_000,
  maxNotificationsPerCell: 2000,
  maxTimersPerCell: 2000,
  maxPendingToolCallsPerCell: 2000,
  maxInputBytesPerCall: 1_000_000,
  maxStoredCharsPerSession: 5_000_000,
  maxSourceBytes: 1_000_000,
}

/** The bombs of each kind, with limits that they reach quickly. */
const kinds: readonly [
  kind: string,
  bombs: readonly Bomb[],
  own: { readonly maxCpuMsPerCell: number; readonly maxMemoryMbPerCell?: number },
][] = [
  ['CPU time', spins, { maxCpuMsPerCell: 80, maxMemoryMbPerCell: 64 }],
  ['long builtins', longBuiltins, { maxCpuMsPerCell: 80, maxMemoryMbPerCell: 64 }],
  ['messages', floods, { maxCpuMsPerCell: 20 }],
  ['memory', hoards, { maxCpuMsPerCell: 600 }],
  ['counted resources', excesses, { maxCpuMsPerCell: 30_000 }],
]

/** Declares tests of the selected bombs, which run in order on one host while a bystander waits on it. */
export function testBombs(under: HostsUnderTest, isSelected: (bomb: Bomb) => boolean = () => true): void {
  const hosts = createHostPool({ ...under, size: 1, warmIsolates: 2, memoryMb: 64 })
  const gate = new Gate()
  let bystander: Session
  let first: CellOutcome
  beforeAll(async () => {
    bystander = await createSession({ hosts, limits, tools: [gate.tool] })
    const source = `text("before"); store("own", 1)
      for (let i = 0; ; i++) { const r = await tools.gate({ i }); text(r); if (r === "end") break }
      text(load("own"))`
    first = await bystander.execute(source, { yieldTimeMs: 0 })
    await gate.called(1)
  })
  afterAll(async () => {
    await bystander.close()
    await hosts[Symbol.asyncDispose]()
  })

  // Most builtins of V8 check for a termination; these tests take minutes.
  const tested = kinds.filter(([, bombs]) => under.engine === 'quickjs' || bombs !== longBuiltins)
  const selected = tested.map(([kind, bombs, own]) => [kind, bombs.filter(isSelected), own] as const)
  describe.each(selected.filter(([, bombs]) => bombs.length > 0))('bombs of %s', (_kind, bombs, own) => {
    let session: Session
    beforeAll(async () => {
      const tool = { name: 'hang', call: () => new Promise(() => undefined) }
      session = await createSession({ hosts, limits: { ...limits, ...own }, tools: [tool] })
    })
    afterAll(() => session.close())

    test.each(bombs)('a bomb that %s ends at a limit', async (_name, source, ends) => {
      const outcome = await untilEnd(session, source)
      expect('errorText' in outcome ? outcome.errorText : outcome.type).toMatch(ends)
      // The limits of the bombs are too small for a cell whose thread waits for a core.
      expect(textsOf(await untilEnd(bystander, 'text("next")'))).toEqual(['next'])
    })
  })

  test('a bystander of the bombs keeps its output and makes each call once', async () => {
    gate.open('once')
    const observed = bystander.observe('1', { yieldTimeMs: 600_000 })
    // The bystander cannot end before its second call.
    expect(await Promise.race([gate.called(2).then(() => 'called'), observed])).toBe('called')
    gate.open('end')
    const outcome = await observed
    expect(outcome.type).toBe('completed')
    expect([...textsOf(first), ...textsOf(outcome)]).toEqual(['before', 'once', 'end', '1'])
    expect(gate.calls).toEqual([{ i: 0 }, { i: 1 }])
  })
}

/** Runs a cell to its end, across all of its yields. */
async function untilEnd(session: Session, source: string): Promise<CellOutcome> {
  let outcome = await session.execute(source, { yieldTimeMs: 60_000 })
  while (outcome.type === 'yielded') outcome = await session.observe(outcome.cellId, { yieldTimeMs: 60_000 })
  return outcome
}
