import type { BenchTools } from './bench-tools.ts'
import type { Ability, Rival, RunningRival } from './rival.ts'

/** The unit of a figure; `fate` is a string. */
export type Unit = 'ms' | 'µs' | 'per second' | 'MB' | 'fate'

/** One figure of a workload: a row of the table. */
export type Measure = { readonly title: string; readonly unit: Unit }

/** Samples of each measure, by its index in `measures`. A string stands for what cannot be counted. */
export type Readings = readonly (readonly number[] | string)[]

/** The context of a round. */
export type Bench = {
  readonly rival: Rival
  readonly running: RunningRival
  readonly tools: BenchTools
  /** Whether the run is short: it shows that everything works, and the approximate speed. */
  readonly quick: boolean
}

/** One kind of work that every rival performs, one round at a time. */
export interface Workload {
  readonly name: string
  readonly measures: readonly Measure[]
  readonly needs: readonly Ability[]
  /** The number of rounds of a full run. A quick run has one. */
  readonly rounds: number
  /** Timeout of one round, in milliseconds. */
  readonly timeoutMs: number
  /** Adds a last measure: the highest memory of the host processes during a round, in MB. */
  readonly isMemoryWatched: boolean
  round(bench: Bench): Promise<Readings>
}
