import type { BenchTools } from './bench-tools.ts'
import type { Ability, Rival, RunningRival } from './rival.ts'

/** The unit of a figure; `fate` is a text. */
export type Unit = 'ms' | 'µs' | 'per second' | 'MB' | 'fate'

/** A figure of a workload: a row of the table. */
export type Measure = { readonly title: string; readonly unit: Unit }

/** Samples of each measure, by its index in `measures`. A text replaces a number that does not exist. */
export type Readings = readonly (readonly number[] | string)[]

/** The context of a round. */
export type Bench = {
  readonly rival: Rival
  readonly running: RunningRival
  readonly tools: BenchTools
  /** Whether the run is short: it shows that everything works, and the approximate speed. */
  readonly quick: boolean
}

/** A kind of work that every rival does, a round at a time. */
export interface Workload {
  readonly name: string
  readonly measures: readonly Measure[]
  readonly needs: readonly Ability[]
  /** The number of rounds of a full run. A quick run has one. */
  readonly rounds: number
  /** Maximum time of one round, in milliseconds. */
  readonly timeoutMs: number
  /** Adds a last measure: the peak memory of the host processes during a round, in MB. */
  readonly isMemoryWatched: boolean
  round(bench: Bench): Promise<Readings>
}
