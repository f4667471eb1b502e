import { join } from 'node:path'
import type { EngineName } from '../../src/protocol/engine-name.ts'
import { testEngine } from '../support/engine.ts'
import { violationsOf } from './checks.ts'
import { cutOf, isLoss, planFaults, type FaultPlan } from './fault-plan.ts'
import type { Sabotage } from './messages.ts'
import { makePrograms, type Programs } from './programs.ts'
import { removeFolder, runScenario } from './scenario.ts'
import { overStore, type CampaignStore } from './shared-store.ts'
import type { ScenarioEnd } from './scenario-end.ts'

/** The result of one run of the programs of a seed. */
export type RunResult = {
  /** The faults that struck, by names such as `agent at request`. */
  readonly faults: readonly string[]
  readonly repeats: number
  readonly calls: number
  readonly failure: Failure | null
}

export type Failure = {
  readonly seed: number
  readonly run: number
  /** The storage after the run. */
  readonly folder: string
  readonly struck: readonly string[]
  readonly violations: readonly string[]
}

const noFaults: FaultPlan = { faults: [], sync: false, isNarrow: false, isLinked: false }

type Seeded = {
  readonly seed: number
  readonly root: string
  readonly store: CampaignStore | null
  readonly engine: EngineName
}

/** The programs of a seed, and their run without faults, which runs with faults are compared with. */
export class SeededPrograms {
  readonly #seed: number
  readonly #root: string
  readonly #programs: Programs
  readonly #faultless: ScenarioEnd
  readonly #store: CampaignStore | null
  readonly #engine: EngineName
  /** Failures without faults. */
  readonly failure: Failure | null

  private constructor({ seed, root, store, engine }: Seeded, programs: Programs, faultless: ScenarioEnd) {
    this.#store = store
    this.#engine = engine
    this.#seed = seed
    this.#root = root
    this.#programs = programs
    this.#faultless = faultless
    const violations = violationsOf(faultless, faultless)
    this.failure = violations.length === 0 ? null : { seed, run: 0, folder: root, struck: [], violations }
  }

  /** Runs the programs of a seed without faults. */
  static async start(
    seed: number,
    root: string,
    { store = null, engine = testEngine }: Partial<Pick<Seeded, 'store' | 'engine'>> = {},
  ): Promise<SeededPrograms> {
    const programs = makePrograms(seed)
    const folder = join(root, `${seed}-quiet`)
    const faultless = await runScenario({ folder, programs, plan: noFaults, engine, seed })
    removeFolder(folder)
    return new SeededPrograms({ seed, root, store, engine }, programs, faultless)
  }

  /** Runs the programs with the faults of a number. The directory of a failed run is kept. */
  async run(run: number, sabotage: Sabotage | null = null): Promise<RunResult> {
    const seed = this.#seedOf(run)
    const planned = this.#store === null ? planFaults(seed) : overStore(planFaults(seed), seed)
    return await this.runPlan(run, sabotage === null ? planned : killsOf(planned), sabotage)
  }

  /** Runs the programs with these faults, under a number. */
  async runPlan(run: number, plan: FaultPlan, sabotage: Sabotage | null = null): Promise<RunResult> {
    const folder = join(this.#root, `${this.#seed}-${run}${sabotage === null ? '' : `-${sabotage}`}`)
    const seed = this.#seedOf(run)
    const store = this.#store?.scenario(`t${this.#seed}-${run}`) ?? null
    const options = { folder, programs: this.#programs, plan, engine: this.#engine, seed, sabotage, store }
    const end = await runScenario(options)
    const faults = namesOf(end)
    const violations = violationsOf(end, this.#faultless)
    const failure = violations.length === 0 ? null : { seed: this.#seed, run, folder, struck: faults, violations }
    if (failure === null) removeFolder(folder)
    return { faults, repeats: end.tools.repeats, calls: end.tools.requests.length, failure }
  }

  #seedOf(run: number): number {
    return this.#seed * 1000 + run
  }
}

/** Damage and losses excuse much; a store that is broken on purpose has no such excuse. */
function killsOf(plan: FaultPlan): FaultPlan {
  const faults = plan.faults.filter((fault) => !isLoss(fault))
  return { ...plan, faults: faults.map((fault) => ({ ...fault, damage: 'none' })) }
}

function namesOf({ struck }: ScenarioEnd): readonly string[] {
  return struck.map(({ fault, came }) => {
    const { target, moment, damage } = fault
    const isDamaged = damage !== 'none' && target !== 'host' && cutOf(fault) === null
    return `${target} at ${moment}${isDamaged ? `, then ${damage}` : ''}${came === null ? '' : `, ${came}`}`
  })
}
