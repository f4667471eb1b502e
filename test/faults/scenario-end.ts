import type { Outcome } from '../../src/session/api/outcome.ts'
import type { Fault, FaultPlan } from './fault-plan.ts'
import type { LedgerLine, Sabotage } from './messages.ts'
import type { Programs } from './programs.ts'
import type { ToolRecord } from './tool-record.ts'

export type ScenarioOptions = {
  readonly folder: string
  readonly programs: Programs
  readonly plan: FaultPlan
  readonly seed: number
  readonly sabotage?: Sabotage | null
}

/** A fault that happened. */
export type Struck = {
  readonly fault: Fault
  /** Whether a second process could open the session, where that was tried. */
  came: 'taken over' | 'refused' | null
}

/** What is left when a scenario is over, as those see it who outlived every process. */
export type ScenarioEnd = {
  readonly tools: ToolRecord
  readonly received: ReadonlyMap<string, Outcome>
  /** Texts by cell, in the order in which they came. */
  readonly notified: ReadonlyMap<string, readonly string[]>
  readonly ledger: readonly LedgerLine[]
  readonly openCells: readonly string[]
  readonly struck: readonly Struck[]
  readonly troubles: readonly string[]
}
