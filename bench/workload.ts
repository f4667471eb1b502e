import type { BenchTools } from './bench-tools.ts'
import type { Ability, Rival, RunningRival } from './rival.ts'

/** What one figure of a workload is counted in; `fate` is a text. */
export type Unit = 'ms' | 'µs' | 'per second' | 'MB' | 'fate'

/** One figure of a workload: a row of the table. */
export type Measure = { readonly title: string; readonly unit: Unit }

/** Samples of each measure, by its place in `measures`. A text stands for what cannot be counted. */
export type Readings = readonly (readonly number[] | string)[]

/** What a round of a workload has at hand. */
export type Bench = {
  readonly rival: Rival
  readonly running: RunningRival
  readonly tools: BenchTools
  /** True for a short run that shows that everything works and roughly how fast. */
  readonly quick: boolean
}

/** One kind of work that every rival is given, a round at a time. */
export interface Workload {
  readonly name: string
  readonly measures: readonly Measure[]
  readonly needs: readonly Ability[]
  /** Rounds of a full run. A quick run has one. */
  readonly rounds: number
  /** How long one round may take, in milliseconds, before the rival is given up. */
  readonly timeoutMs: number
  /** Adds a last measure: the highest memory of the host processes during a round, in MB. */
  readonly isMemoryWatched: boolean
  round(bench: Bench): Promise<Readings>
}
