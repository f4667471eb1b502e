/** The compared systems, in the order of the columns of the table. */
export const rivalNames = [
  'ours',
  'ours-strict',
  'ours-traced',
  'ours-for-codex',
  'reference',
  'utcp',
  'run',
  'bare',
] as const

export type RivalName = (typeof rivalNames)[number]

/** An ability that a workload needs and some rivals lack. */
export type Ability =
  /** Output leaves the program item by item. */
  | 'output-items'
  /** Several nested calls can be pending at the same time. */
  | 'parallel-calls'
  /** A program can be stopped from outside, long before any time limit. */
  | 'terminate'
  /** It has a command that reduces bundles of traces. */
  | 'reduce-traces'

/** A function that programs call as `tools.<name>` with one object. */
export type BenchTool = { readonly name: string; readonly call: (input: unknown) => Promise<unknown> }

/** A program that runs in the background. */
export type RunningProgram = { readonly terminate: () => Promise<void> }

/**
 * A rival that is ready for programs. All rivals run the same dialect: top-level `await`, `text(value)` for
 * output, `tools.<name>(input)` for nested calls.
 */
export interface RunningRival extends AsyncDisposable {
  /** Runs a program to its end and returns its output. Throws if the program fails. */
  run(program: string): Promise<readonly string[]>
  /** Starts a program that never ends by itself; resolves when it is running. Only with the ability `terminate`. */
  begin(program: string): Promise<RunningProgram>
}

/** A system that the benchmark drives. */
export interface Rival {
  readonly name: RivalName
  readonly abilities: ReadonlySet<Ability>
  /** True when programs run in the measuring process itself, whose memory is then the host's. */
  readonly isInProcess: boolean
  /** Builds or installs missing parts, once, before the measurement. */
  prepare(): Promise<void>
  /** Starts the rival with everything that can be prepared before a program arrives. */
  start(tools: readonly BenchTool[]): Promise<RunningRival>
  /** Starts a new process that runs `text("hi")`, and returns the milliseconds from the start to its output. */
  coldStart(): Promise<number>
  /** The command line that reduces a bundle into a file; only with the ability `reduce-traces`. */
  reducer?(bundle: string, output: string): Promise<readonly string[]>
}

export function isRivalName(name: string): name is RivalName {
  return rivalNames.some((each) => each === name)
}
