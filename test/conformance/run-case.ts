import { messageOf } from '../../src/errors.ts'
import type { Adapter } from './adapter.ts'
import type { ConformanceCase, Expectation, Step } from './case.ts'
import { expectationMismatch, type Observed, type StepOutcome, type Tolerance } from './expectation.ts'
import { shown } from './match.ts'
import type { SideEvents } from './side-events.ts'
import { Stage } from './stage.ts'
import { isTimed, stretched } from './stretch.ts'

/** How a case went. `outcomes` has those of the steps that were played, of the last round. */
export type CaseResult =
  | { readonly type: 'passed'; readonly outcomes: readonly StepOutcome[] }
  | { readonly type: 'failed'; readonly problem: string; readonly outcomes: readonly StepOutcome[] }

/** Side events that are expected may be late by this much, in milliseconds. */
const lateEventsMs = 1000

/** The first capability that a case needs and an implementation does not offer, or null. */
export function missingCapability(conformanceCase: ConformanceCase, provides: ReadonlySet<string>): string | null {
  return conformanceCase.needs.find((capability) => !provides.has(capability)) ?? null
}

/** The last attempt gives a machine that stood still for a moment this many times as long. */
const moreTime = 5

/**
 * Plays a case against an implementation, all rounds of it, up to the first step that does not bring what it must. A case that
 * races time and fails is played again with longer times: short ones and upper bounds are multiplied with the tolerance, then
 * with five times as much. So a slow machine does not fail a case, and a fast one does not wait for it.
 */
export async function runCase(
  conformanceCase: ConformanceCase,
  adapter: Adapter,
  tolerance: Tolerance,
): Promise<CaseResult> {
  if (!racesTime(conformanceCase)) return await playRounds(conformanceCase, adapter, tolerance)
  const { timeFactor } = tolerance
  let result = await playRounds(conformanceCase, adapter, { timeFactor: 1 })
  for (const factor of [timeFactor, timeFactor * moreTime]) {
    if (result.type === 'passed') return result
    result = await playRounds(stretched(conformanceCase, factor), adapter, { timeFactor: factor })
  }
  return result
}

/** Whether a case depends on time: it has short times in it, or an upper bound. */
function racesTime(conformanceCase: ConformanceCase): boolean {
  return isTimed(conformanceCase) || conformanceCase.variants.flat().some((demand) => demand?.has('maxMs'))
}

async function playRounds(
  conformanceCase: ConformanceCase,
  adapter: Adapter,
  tolerance: Tolerance,
): Promise<CaseResult> {
  let result: CaseResult = { type: 'passed', outcomes: [] }
  for (let round = 0; round < conformanceCase.rounds && result.type === 'passed'; round++) {
    result = await playRound(conformanceCase, adapter, tolerance)
  }
  return result
}

async function playRound(
  conformanceCase: ConformanceCase,
  adapter: Adapter,
  tolerance: Tolerance,
): Promise<CaseResult> {
  const stage = new Stage(conformanceCase, adapter, tolerance)
  const outcomes: StepOutcome[] = []
  let variants = conformanceCase.variants
  try {
    for (const [index, step] of conformanceCase.steps.entries()) {
      const played = await playStep(stage, step)
      if (typeof played === 'string') return { type: 'failed', problem: `step ${index + 1}: ${played}`, outcomes }
      outcomes.push(played.outcome)
      const demands = variants.map((variant) => variant[index] ?? null)
      const problems = await problemsOf(demands, played, stage.eventsOf(step), tolerance)
      variants = variants.filter((_, at) => problems[at] === null)
      if (variants.length === 0) {
        const problem = `step ${index + 1} (${step.do}): ${problems.join('; or ')}; outcome ${shown(played.outcome)}`
        return { type: 'failed', problem, outcomes }
      }
    }
    return { type: 'passed', outcomes }
  } finally {
    await stage.close()
  }
}

async function playStep(stage: Stage, step: Step): Promise<Observed | string> {
  try {
    return await stage.play(step)
  } catch (error) {
    return messageOf(error)
  }
}

/** Where each demand is not met; side events get a while to arrive. */
async function problemsOf(
  demands: readonly Expectation[],
  observed: Observed,
  events: SideEvents | null,
  tolerance: Tolerance,
): Promise<readonly (string | null)[]> {
  function problems(): readonly (string | null)[] {
    return demands.map((demand) => expectationMismatch(demand, observed, events, tolerance))
  }
  const waitsForEvents = demands.some((demand) => sideEventFields.some((field) => demand?.has(field)))
  if (events !== null && waitsForEvents) {
    await events.until(() => problems().includes(null), lateEventsMs * tolerance.timeFactor)
  }
  return problems()
}

const sideEventFields = ['calls', 'notifications', 'closed', 'cancelled', 'events'] as const
