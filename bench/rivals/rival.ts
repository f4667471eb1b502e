/** What one program brought. `error` is null when it ran to its end. */
export type Finished = { readonly error: string | null; readonly texts: readonly string[] }

/** Functions that programs call as `await tools.<name>(input)`. */
export type BenchTools = { readonly [name: string]: (input: unknown) => unknown }

/** A rival that is ready to run programs. Programs are written with `text` and `tools`, as in code mode. */
export interface RunningRival extends AsyncDisposable {
  run(source: string): Promise<Finished>
  /** Starts a program that never ends and resolves when it runs. What it resolves with stops the program. */
  runEndless?(source: string): Promise<() => Promise<void>>
}

/** One system that the table has a column for. */
export interface Rival {
  readonly name: string
  /** What it is, for the legend under the table. */
  readonly description: string
  /** Flags of Node that the measuring process needs. */
  readonly execArgv: readonly string[]
  /** Where programs run: in processes below the measuring process, or in itself. Decides whose memory is counted. */
  readonly runsIn: 'child' | 'self'
  /** Workloads that do not fit it, with the reason. */
  readonly lacks: { readonly [workload: string]: string }
  /** Installs what is missing. */
  install(): Promise<void>
  start(tools: BenchTools): Promise<RunningRival>
  /** Milliseconds from the start of a process to the first output of a program. */
  coldStart(): Promise<number>
}
