import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { violationsOf } from '../faults/checks.ts'
import type { FaultPlan } from '../faults/fault-plan.ts'
import { makePrograms } from '../faults/programs.ts'
import { SeededRandom } from '../faults/random.ts'
import { removeFolder, runScenario } from '../faults/scenario.ts'
import type { ScenarioEnd } from '../faults/scenario-end.ts'
import { earlyTimers, logViolations } from './fleet-checks.ts'
import { FleetFaults } from './fleet-faults.ts'
import { FleetSession } from './fleet-session.ts'
import { tenants, type Fleet } from './fleet.ts'
import type { FleetNode } from './fleet-node.ts'

/** Maximum time for the programs of a round, in milliseconds. */
const roundMs = 180_000

const noFaults: FaultPlan = { faults: [], sync: false, isNarrow: false, isLinked: false }

export type RoundOptions = {
  readonly seed: number
  readonly sessionCount: number
  /** Directs the faults until the first of these violations; by default they are random. */
  readonly directed?: { readonly direct: (faults: FleetFaults) => Promise<void>; readonly until: RegExp } | null
}

export type RoundResult = {
  readonly seed: number
  readonly faults: readonly string[]
  readonly calls: number
  readonly repeats: number
  readonly openings: number
  /** The differences to the programs without faults, and the rules that were broken. */
  readonly violations: readonly string[]
}

/** The programs of a round, and their ends without faults. */
type Prepared = { readonly programs: ReturnType<typeof makePrograms>; readonly faultless: ScenarioEnd }

/** Runs programs in several sessions of two tenants while the fleet fails, and compares them with a run without faults. */
export class FleetRound {
  readonly #fleet: Fleet
  readonly #options: RoundOptions
  readonly #random: SeededRandom
  readonly #sessions: FleetSession[] = []
  readonly #violations: string[] = []
  readonly #faults: FleetFaults
  readonly #lookups: Promise<void>[] = []

  constructor(fleet: Fleet, options: RoundOptions) {
    this.#fleet = fleet
    this.#options = options
    this.#random = new SeededRandom(options.seed)
    this.#faults = new FleetFaults(fleet, {
      random: this.#random,
      sessions: () => this.#sessions,
      trouble: (text) => this.#violations.push(text),
    })
  }

  async play(): Promise<RoundResult> {
    const { seed, sessionCount, directed = null } = this.#options
    const prepared = await this.#prepare(sessionCount)
    this.#fleet.onMessage = (node, message) => this.#receive(node, message)
    for (const [index, { programs }] of prepared.entries()) this.#add(index, programs)
    const programs = Promise.all(this.#sessions.map((session) => session.run()))
    const faults = directed === null ? this.#faults.run() : directed.direct(this.#faults)
    const timer = setTimeout(() => this.#giveUp('the programs did not come to their end in time'), roundMs)
    const watch = setInterval(() => {
      if (directed !== null && this.#found.some((text) => directed.until.test(text))) this.#giveUp('it was found')
    }, 100)
    await programs
    clearTimeout(timer)
    clearInterval(watch)
    this.#faults.stop()
    await faults
    for (const [index, session] of this.#sessions.entries()) await this.#check(session, prepared[index])
    await Promise.all(this.#lookups)
    const tools = this.#sessions.map(({ witness }) => witness.tools)
    return {
      seed,
      faults: this.#faults.struck,
      calls: tools.reduce((sum, { requests }) => sum + requests.length, 0),
      repeats: tools.reduce((sum, { repeats }) => sum + repeats, 0),
      openings: this.#sessions.reduce((sum, { openingCount }) => sum + openingCount, 0),
      violations: this.#violations,
    }
  }

  async #prepare(count: number): Promise<readonly Prepared[]> {
    const prepared: Prepared[] = []
    for (let index = 0; index < count; index++) {
      const seed = this.#options.seed * 100 + index
      const programs = makePrograms(seed, { isFleet: true })
      const folder = join(this.#fleet.folder, `faultless-${seed}`)
      const faultless = await runScenario({ folder, programs, plan: noFaults, engine: 'v8', seed })
      removeFolder(folder)
      const violations = violationsOf(faultless, faultless)
      this.#violations.push(...violations.map((text) => `without faults: ${text}`))
      prepared.push({ programs, faultless })
    }
    return prepared
  }

  /** Both tenants have sessions of the same ids. */
  #add(index: number, programs: ReturnType<typeof makePrograms>): void {
    const tenant = tenants[index % tenants.length] ?? tenants[0]
    const name = { tenant, id: `round-${this.#options.seed}-${Math.floor(index / tenants.length)}` }
    const random = new SeededRandom(this.#options.seed * 100 + index)
    const nodes = (): readonly FleetNode[] => this.#fleet.nodes
    const onCall = (session: FleetSession, key: string): void => void this.#lookups.push(this.#lookUp(session, key))
    const at = (...event: Parameters<FleetFaults['at']>): void => this.#faults.at(...event)
    this.#sessions.push(new FleetSession({ name, programs, random, nodes, at, onCall }))
  }

  /** A call that reached its tool is on record at this time. */
  async #lookUp({ name, witness }: FleetSession, key: string): Promise<void> {
    const where = `tenant = '${name.tenant}' AND session = '${name.id}'`
    const isIn = `position(convert_to('${key}', 'UTF8') IN body) > 0`
    const rows = await this.#fleet.sql(
      `SELECT 1 FROM codecell.log WHERE ${where} AND ${isIn} UNION ALL
       SELECT 1 FROM codecell.snapshots WHERE ${where} AND ${isIn}`,
    )
    if (rows.length === 0) witness.troubles.push(`${key} reached its tool before its record was durable`)
  }

  #receive(node: FleetNode, message: Parameters<Fleet['onMessage']>[1]): void {
    if ('session' in message) {
      const { tenant, id } = message.session
      const session = this.#sessions.find(({ name }) => name.id === id && name.tenant === tenant)
      if (session !== undefined) session.receive(node, message)
      return
    }
    if (message.type === 'report' || message.type === 'trouble') this.#violations.push(`${node.name}: ${message.text}`)
  }

  /** The violations so far. */
  get #found(): readonly string[] {
    const ofSessions = this.#sessions.flatMap(({ witness }) => [...witness.troubles, ...witness.tools.violations])
    return [...this.#violations, ...ofSessions]
  }

  #giveUp(reason: string): void {
    for (const session of this.#sessions) session.abandon(reason)
  }

  /** Writes what happened to a session into a file. */
  #report({ name, history }: FleetSession): void {
    const file = join(tmpdir(), `codecell-fleet-${process.pid}-${name.tenant}-${name.id}.log`)
    writeFileSync(file, `${[...history, ...this.#faults.struck].join('\n')}\n`)
    this.#violations.push(`${name.tenant}/${name.id}: its history is in ${file}`)
  }

  async #check(session: FleetSession, prepared: Prepared | undefined): Promise<void> {
    if (prepared === undefined) return
    const { tenant, id } = session.name
    const found = [
      ...(session.isAbandoned
        ? [...session.witness.troubles, ...session.witness.tools.violations]
        : violationsOf(await session.end(), prepared.faultless)),
      ...earlyTimers(session),
      ...(await logViolations(this.#fleet, session.name)),
    ]
    this.#violations.push(...found.map((text) => `${tenant}/${id}: ${text}`))
    if (found.length > 0) this.#report(session)
  }
}
