import fc from 'fast-check'
import { expect } from 'vitest'
import { record, type Recording } from '../recorder/recorded.ts'
import { expectPrintedEverywhere, loggedCells } from './expect-printed.ts'
import { printedPlans, programOf, type PrintedPlan } from './printed-programs.ts'

const tools = [{ name: 'echo', call: (input: unknown) => input }]

async function play({ model }: Recording, plan: PrintedPlan): Promise<void> {
  const { cellId } = await model.exec.call(programOf(plan))
  let running = cellId
  for (const ms of plan.waits) {
    if (running === null) return
    running = (await model.wait.call({ cell_id: running, yield_time_ms: ms })).cellId
  }
  if (running === null || plan.last === 'leave') return
  if (plan.last === 'terminate') await model.wait.call({ cell_id: running, terminate: true })
  else await model.wait.call({ cell_id: running, yield_time_ms: 50 })
}

/** Plays recordings of generated programs, and expects all of their output in the show and in each export. */
export async function expectProgramsPrinted(recordings: number): Promise<void> {
  const property = fc.asyncProperty(fc.array(printedPlans, { minLength: 1, maxLength: 3 }), async (plans) => {
    const { directory } = await record({ tools }, (recording) =>
      Promise.all(plans.map((plan) => play(recording, plan))),
    )
    expect(loggedCells(directory)).toHaveLength(plans.length)
    expectPrintedEverywhere(directory)
  })
  await fc.assert(property, { numRuns: recordings, endOnFailure: true })
}
