import { messageOf } from '../../src/errors.ts'
import type { Adapter } from './adapter.ts'
import type { ConformanceCase, Expectation, Step } from './case.ts'
import { expectationMismatch, type Observed, type StepOutcome, type Tolerance } from './expectation.ts'
import { shown } from './match.ts'
import type { SideEvents } from './side-events.ts'
import { Stage } from './stage.ts'
import { isTimed, stretched } from './stretch.ts'

/** The result of a case. `outcomes` has the outcomes of the played steps, of the last round. */
export type CaseResult =
  | { readonly type: 'passed'; readonly outcomes: readonly StepOutcome[] }
  | { readonly type: 'failed'; readonly problem: string; readonly outcomes: readonly StepOutcome[] }

/** Allowed delay of expected side events, in milliseconds. */
const lateEventsMs = 1000

/** Returns the first capability that a case needs and an implementation does not offer, or null. */
export function missingCapability(conformanceCase: ConformanceCase, provides: ReadonlySet<string>): string | null {
  return conformanceCase.needs.find((capability) => !provides.has(capability)) ?? null
}

/** The last attempt multiplies the time by this factor, for a machine that was suspended. */
const moreTime = 5

/**
 * Plays all rounds of a case against an implementation, up to the first step with an unexpected result. A case that
 * races time and fails is played again with longer times: short times and upper bounds are multiplied by the tolerance,
 * then by five times as much. So a slow machine does not fail a case, and a fast one does not wait for it.
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

/** A program that compares a duration with a maximum. */
const measuredTime = /Date\.now\(\) - \w+ </

/** Returns whether a case depends on time: it has short times, or an upper bound, also one in its program. */
function racesTime(conformanceCase: ConformanceCase): boolean {
  const hasBound = conformanceCase.variants.flat().some((demand) => demand?.has('maxMs'))
  return isTimed(conformanceCase) || hasBound || measuredTime.test(JSON.stringify(conformanceCase.steps))
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

/** Returns all mismatches; side events get some time to arrive. */
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
