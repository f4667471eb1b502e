import fc from 'fast-check'
import { expect } from 'vitest'
import { createHostPool, createSession, type HostPool, type CellOutcome, type Session } from '../../../src/index.ts'
import { LaterHosts } from '../../hostile/host-death/host-processes.ts'
import { Gate } from '../../support/gate.ts'
import { textsOf } from '../../support/texts.ts'
import { EventWatch } from '../following/event-watch.ts'

/** A step between the start and the end of the cells. `which` chooses among the waiting calls or cells. */
type Step = { readonly type: 'answer' | 'evict' | 'kill' | 'observe'; readonly which: number }

const cellCount = 3
const ownHosts = new LaterHosts()
const stepArbitrary = fc.record({
  type: fc.constantFrom<Step['type']>('answer', 'answer', 'answer', 'evict', 'evict', 'kill', 'observe'),
  which: fc.nat(20),
})

/** Returns a program with concurrent and sequential calls, random numbers, and state in the isolate. */
const programOf = (cell: number): string => `
  const seen = []
  const call = (name) => tools.gate({ key: "${cell}:" + name }).then((value) => (seen.push(name), text(name + value), value))
  text("begin ${cell}")
  await Promise.all([call("a"), call("b"), call("c")])
  text(seen.join(""))
  for (let i = 0; i < 3; i++) await call("d" + i)
  text([seen.length, Math.random() === Math.random()].join())`

type PlayResult = { readonly texts: readonly string[][]; readonly calls: readonly string[] }

/** Plays a schedule, then settles the remaining calls in order. Returns the texts of each cell and all calls. */
async function play(steps: readonly Step[], hosts: HostPool): Promise<PlayResult> {
  const gate = new Gate()
  const watch = new EventWatch()
  await using session = await createSession({ hosts, evictAfterMs: 0, tools: [gate.tool], listeners: [watch] })
  const texts: string[][] = Array.from({ length: cellCount }, () => [])
  const take = (outcome: CellOutcome): CellOutcome => {
    if ('items' in outcome) texts[Number(outcome.cellId) - 1]?.push(...textsOf(outcome))
    return outcome
  }
  for (let cell = 0; cell < cellCount; cell++) take(await session.execute(programOf(cell), { yieldTimeMs: 0 }))
  await gate.called(3 * cellCount)
  for (const step of steps) take(await playStep(step, session, gate, watch))
  const ends = texts.map((_, cell) => untilEnd(session, String(cell + 1), take))
  const all = Promise.all(ends).then(() => true)
  for (let answered = gate.calls.length - gate.waiting.length; ; answered++) {
    const called = gate.called(answered + 1).then(() => false)
    if (await Promise.race([called, all])) break
    gate.open('!')
  }
  return { texts, calls: gate.keys.toSorted() }
}

async function playStep(step: Step, session: Session, gate: Gate, watch: EventWatch): Promise<CellOutcome> {
  const id = String((step.which % cellCount) + 1)
  if (step.type === 'answer') {
    const keys = gate.waitingKeys
    const key = keys[step.which % Math.max(keys.length, 1)] ?? ''
    const before = watch.count('cell_command')
    if (gate.open('!', key)) await watch.waitFor('cell_command', before + 1)
  }
  if (step.type === 'kill') ownHosts.kill()
  // A running cell needs the only slot, so the pool evicts the cell in it.
  if (step.type === 'evict') await session.execute('text("way")', { yieldTimeMs: 600_000 })
  return await session.observe(step.type === 'observe' ? id : 'none', { yieldTimeMs: 0 })
}

async function untilEnd(session: Session, id: string, take: (outcome: CellOutcome) => CellOutcome): Promise<void> {
  for (;;) {
    const { type } = take(await session.observe(id, { yieldTimeMs: 600_000 }))
    if (type !== 'yielded') return expect(['completed', 'missing']).toContain(type)
  }
}

/** Returns the expected texts of a cell. The schedule orders its first three calls; the rest has one order. */
function expectedOf(texts: readonly string[], cell: number): readonly string[] {
  const first = texts.slice(1, 4)
  const names = first.map((text) => text.slice(0, -1))
  return [`begin ${cell}`, ...first, names.join(''), 'd0!', 'd1!', 'd2!', '6,false']
}

/** Plays random schedules, and compares outputs and calls with those of an empty schedule. */
export async function playSchedules({ runs, maxLength }: { runs: number; maxLength: number }): Promise<void> {
  await using hosts = createHostPool({ size: 1, warmIsolates: 1, maxCells: 1 })
  const quiet = await play([], hosts)
  expect(quiet.texts).toEqual([0, 1, 2].map((cell) => expectedOf(['', 'a!', 'b!', 'c!'], cell)))
  await fc.assert(
    fc.asyncProperty(fc.array(stepArbitrary, { minLength: 4, maxLength }), async (steps) => {
      const { texts, calls } = await play(steps, hosts)
      expect(calls).toEqual(quiet.calls)
      for (const [cell, printed] of texts.entries()) {
        expect(printed).toEqual(expectedOf(printed, cell))
        expect(printed.slice(1, 4).toSorted()).toEqual(['a!', 'b!', 'c!'])
      }
    }),
    { numRuns: runs },
  )
}
