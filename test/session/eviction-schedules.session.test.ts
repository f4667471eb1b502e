import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createHostPool, createSession, type Outcome, type Session } from '../../src/index.ts'
import { signalHosts } from '../hostile/host-processes.ts'
import { ActivityWatch } from './activity-watch.ts'
import { KeyedGate } from './keyed-gate.ts'

/** What happens to cells between their start and their end. `which` chooses among the calls, or cells, that wait. */
type Step = { readonly type: 'answer' | 'evict' | 'kill' | 'observe'; readonly which: number }

const cellCount = 3
const stepArbitrary = fc.record({
  type: fc.constantFrom<Step['type']>('answer', 'answer', 'answer', 'evict', 'evict', 'kill', 'observe'),
  which: fc.nat(20),
})

/** Calls beside each other and one after the other, what was random, and state that lives in the isolate. */
const programOf = (cell: number): string => `
  const seen = []
  const call = (name) => tools.gate({ key: "${cell}:" + name }).then((value) => (seen.push(name), text(name + value), value))
  text("begin ${cell}")
  await Promise.all([call("a"), call("b"), call("c")])
  text(seen.join(""))
  for (let i = 0; i < 3; i++) await call("d" + i)
  text([seen.length, Math.random() === Math.random()].join())`

/** Plays a schedule; what is left unanswered at its end is answered then, in order. Gives all texts of each cell. */
async function play(
  steps: readonly Step[],
): Promise<{ readonly texts: readonly string[][]; readonly calls: string[] }> {
  await using hosts = createHostPool({ size: 1, spares: 1, maxCells: 1 })
  const gate = new KeyedGate()
  const watch = new ActivityWatch()
  await using session = await createSession({ hosts, evictAfterMs: 0, tools: [gate.tool], listeners: [watch] })
  const texts: string[][] = Array.from({ length: cellCount }, () => [])
  const take = (outcome: Outcome): Outcome => {
    if ('items' in outcome) texts[Number(outcome.cellId) - 1]?.push(...outcome.items.map(textOf))
    return outcome
  }
  for (let cell = 0; cell < cellCount; cell++) take(await session.execute(programOf(cell), { yieldTimeMs: 0 }))
  await gate.called(3 * cellCount)
  for (const step of steps) take(await happen(step, session, gate, watch))
  const ends = texts.map((_, cell) => untilEnd(session, String(cell + 1), take))
  const all = Promise.all(ends).then(() => true)
  for (let answered = gate.calls.length - gate.waiting.length; ; answered++) {
    const called = gate.called(answered + 1).then(() => false)
    if (await Promise.race([called, all])) break
    const [key] = gate.waiting
    if (key !== undefined) gate.open(key, '!')
  }
  return { texts, calls: gate.calls.toSorted() }
}

async function happen(step: Step, session: Session, gate: KeyedGate, watch: ActivityWatch): Promise<Outcome> {
  const id = String((step.which % cellCount) + 1)
  if (step.type === 'answer') {
    const key = gate.waiting[step.which % Math.max(gate.waiting.length, 1)]
    const before = watch.count('cell_given')
    if (key !== undefined && gate.open(key, '!')) await watch.heard('cell_given', before + 1)
  }
  if (step.type === 'kill') signalHosts('SIGKILL')
  // Whoever runs needs the only place: the cell that is on it has to leave.
  if (step.type === 'evict') await session.execute('text("way")', { yieldTimeMs: 300_000 })
  return await session.observe(step.type === 'observe' ? id : 'none', { yieldTimeMs: 0 })
}

async function untilEnd(session: Session, id: string, take: (outcome: Outcome) => Outcome): Promise<void> {
  for (;;) {
    const { type } = take(await session.observe(id, { yieldTimeMs: 300_000 }))
    if (type !== 'yielded') return expect(['completed', 'missing']).toContain(type)
  }
}

function textOf(item: { readonly type: string; readonly text?: string }): string {
  return item.text ?? item.type
}

/** The first three calls of a cell are answered in the order of the schedule; everything else has one order. */
function expectedOf(texts: readonly string[], cell: number): readonly string[] {
  const first = texts.slice(1, 4)
  const names = first.map((text) => text.slice(0, -1))
  return [`begin ${cell}`, ...first, names.join(''), 'd0!', 'd1!', 'd2!', '6,false']
}

test.runIf(process.platform === 'linux')(
  'whatever is answered, evicted, killed and observed when: outputs and calls are those of a quiet run',
  async () => {
    const quiet = await play([])
    expect(quiet.texts).toEqual([0, 1, 2].map((cell) => expectedOf(['', 'a!', 'b!', 'c!'], cell)))
    await fc.assert(
      fc.asyncProperty(fc.array(stepArbitrary, { minLength: 4, maxLength: 16 }), async (steps) => {
        const { texts, calls } = await play(steps)
        expect(calls).toEqual(quiet.calls)
        for (const [cell, said] of texts.entries()) {
          expect(said).toEqual(expectedOf(said, cell))
          expect(said.slice(1, 4).toSorted()).toEqual(['a!', 'b!', 'c!'])
        }
      }),
      { numRuns: 5 },
    )
  },
  300_000,
)
