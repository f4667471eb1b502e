import { join } from 'node:path'
import { violationsOf } from './checks.ts'
import { planFaults, type FaultPlan } from './fault-plan.ts'
import type { Sabotage } from './messages.ts'
import { makePrograms } from './programs.ts'
import { removeFolder, runScenario, type ScenarioEnd } from './scenario.ts'

/** What came of the scenarios of one seed. */
export type SeedResult = {
  readonly scenarios: number
  /** How often what happened, by a name such as `agent at request`. */
  readonly faults: ReadonlyMap<string, number>
  readonly repeats: number
  readonly calls: number
  readonly failures: readonly Failure[]
}

export type Failure = {
  readonly seed: number
  readonly run: number
  /** What is left of the session. */
  readonly folder: string
  readonly struck: readonly string[]
  readonly violations: readonly string[]
}

const noFaults: FaultPlan = { faults: [], sync: false, isNarrow: false }

/** Runs the programs of a seed once without faults, then `runs` times with them. Folders of runs that failed are kept. */
export async function runSeed(
  seed: number,
  {
    root,
    runs,
    sabotage = null,
  }: { readonly root: string; readonly runs: number; readonly sabotage?: Sabotage | null },
): Promise<SeedResult> {
  const programs = makePrograms(seed)
  const quiet = join(root, `${seed}-quiet`)
  const faultless = await runScenario({ folder: quiet, programs, plan: noFaults, seed })
  removeFolder(quiet)
  const failures: Failure[] = []
  const faults = new Map<string, number>()
  const own = violationsOf(faultless, faultless)
  if (own.length > 0) failures.push({ seed, run: 0, folder: quiet, struck: [], violations: own })
  let repeats = 0
  let calls = 0
  for (let run = 1; run <= runs && own.length === 0; run++) {
    const folder = join(root, `${seed}-${run}`)
    const planned = planFaults(seed * 1000 + run)
    // Damage excuses much; what is broken on purpose has no such excuse.
    const plan = sabotage === null ? planned : withoutDamage(planned)
    const end = await runScenario({ folder, programs, plan, seed: seed * 1000 + run, sabotage })
    repeats += end.tools.repeats
    calls += end.tools.requests.length
    const struck = namesOf(end)
    for (const name of struck) faults.set(name, (faults.get(name) ?? 0) + 1)
    const violations = violationsOf(end, faultless)
    if (violations.length > 0) failures.push({ seed, run, folder, struck, violations })
    else removeFolder(folder)
  }
  return { scenarios: runs, faults, repeats, calls, failures }
}

function withoutDamage(plan: FaultPlan): FaultPlan {
  return { ...plan, faults: plan.faults.map((fault) => ({ ...fault, damage: 'none' })) }
}

function namesOf({ struck }: ScenarioEnd): readonly string[] {
  return struck.map(
    ({ target, moment, damage }) =>
      `${target} at ${moment}${damage === 'none' || target === 'host' ? '' : `, then ${damage}`}`,
  )
}
