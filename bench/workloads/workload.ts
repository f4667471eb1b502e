import type { RunningRival, Rival } from '../rivals/rival.ts'
import type { Toolbox } from '../toolbox.ts'

/** One line of the table. */
export type Row = { readonly id: string; readonly title: string; readonly unit: string }

/** One measurement for a row, or words where there is no number to give. */
export type Reading = { readonly row: string; readonly value: number | string }

export type Context = {
  readonly rival: Rival
  readonly toolbox: Toolbox
  /** Shortens what can be shortened. */
  readonly quick: boolean
  /** The rival, started on the first call and kept for the rounds to come. */
  readonly running: () => Promise<RunningRival>
}

export interface Workload {
  readonly name: string
  readonly rows: readonly Row[]
  readonly rounds: number
  /**
   * `kept`: one process for all rounds, after a first round that does not count. `fresh`: a process for each round, for
   * what changes with the past of a process.
   */
  readonly process: 'kept' | 'fresh'
  /** Row for the peak memory of the largest process, where it has to be watched from outside. */
  readonly peakRow?: string
  /** Time that one round may take, in milliseconds. The measuring process is killed then. */
  readonly timeoutMs: number
  /** One round. What it throws becomes the words of its rows. */
  measure(context: Context): Promise<readonly Reading[]>
}

/** Runs a program that must end well, and gives its output. Throws an `Error` with what it failed of. */
export async function output(running: RunningRival, source: string): Promise<readonly string[]> {
  const { error, texts } = await running.run(source)
  if (error !== null) throw new Error(error)
  return texts
}

/** Milliseconds that a program takes from its start to its last output, which must be `expected`. */
export async function timeOf(running: RunningRival, source: string, expected: string): Promise<number> {
  const start = performance.now()
  const texts = await output(running, source)
  const elapsed = performance.now() - start
  const last = texts.at(-1)
  if (last !== expected) throw new Error(`wrong output: ${String(last).slice(0, 60)}`)
  return elapsed
}
