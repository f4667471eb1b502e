import fc from 'fast-check'
import { expect } from 'vitest'
import { programs } from '../determinism/programs.ts'
import { startOf } from '../determinism/run-program.ts'
import { recordRun, repeatRun } from './snapshot-runs.ts'

/** Expects that generated programs do the same, and have the same memory, however often they are restored between commands. */
export function expectSameWhenRestored(numRuns: number): void {
  const generated = fc.property(programs, fc.nat(), fc.infiniteStream(fc.nat()), (source, seed, numbers) => {
    const choose = (below: number): number => Number(numbers.next().value) % below
    const start = startOf(source, seed)
    const run = recordRun(start, choose)
    expect(repeatRun(start, run, () => true)).toEqual(run.steps)
    const at = choose(run.commands.length + 1)
    expect(repeatRun(start, run, (step) => step === at)).toEqual(run.steps)
  })
  fc.assert(generated, { numRuns, endOnFailure: true })
}
