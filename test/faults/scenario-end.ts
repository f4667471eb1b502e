import type { EngineName } from '../../src/protocol/engine-name.ts'
import type { CellOutcome } from '../../src/session/api/outcome.ts'
import type { Fault, FaultPlan } from './fault-plan.ts'
import type { LedgerLine, Sabotage } from './messages.ts'
import type { ScenarioStore } from './shared-store.ts'
import type { Programs } from './programs.ts'
import type { ToolRecord } from './tool-record.ts'

export type ScenarioOptions = {
  readonly folder: string
  readonly programs: Programs
  readonly plan: FaultPlan
  readonly engine: EngineName
  readonly seed: number
  readonly sabotage?: Sabotage | null
  /** The shared store with the session; without it, the session is in the folder. */
  readonly store?: ScenarioStore | null
}

/** A fault that struck. */
export type Struck = {
  readonly fault: Fault
  /** Whether a second process could open the session, if that was attempted. */
  came: 'taken over' | 'refused' | null
}

/** The state at the end of a scenario, as seen by the process that survived all others. */
export type ScenarioEnd = {
  /** Whether the session was in a shared store. */
  readonly isShared: boolean
  readonly tools: ToolRecord
  readonly received: ReadonlyMap<string, CellOutcome>
  /** Output by cell, in order of arrival. */
  readonly notified: ReadonlyMap<string, readonly string[]>
  readonly ledger: readonly LedgerLine[]
  readonly openCells: readonly string[]
  readonly struck: readonly Struck[]
  readonly troubles: readonly string[]
}
