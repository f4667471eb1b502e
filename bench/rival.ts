/** The systems that are compared, in the order of the table's columns. */
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

/** What a workload may need that not every rival has. */
export type Ability =
  /** Output leaves the program item by item. */
  | 'output-items'
  /** More than one nested call is under way at once. */
  | 'parallel-calls'
  /** A program can be stopped from outside, long before any time limit. */
  | 'terminate'
  /** It has a command that reduces bundles of traces. */
  | 'reduce-traces'

/** A function that programs call as `tools.<name>`, with one object. */
export type BenchTool = { readonly name: string; readonly call: (input: unknown) => Promise<unknown> }

/** A program that was started and is not waited for. */
export type RunningProgram = { readonly terminate: () => Promise<void> }

/**
 * A rival that is ready for programs. Programs are written for all in one dialect: top-level `await`, `text(value)` for
 * output, `tools.<name>(input)` for nested calls.
 */
export interface RunningRival extends AsyncDisposable {
  /** Runs a program to its end and gives its output. Throws when the program fails. */
  run(program: string): Promise<readonly string[]>
  /** Starts a program that never ends by itself; resolves when it is running. Only with the ability `terminate`. */
  begin(program: string): Promise<RunningProgram>
}

/** One system, as the bench drives it. */
export interface Rival {
  readonly name: RivalName
  readonly abilities: ReadonlySet<Ability>
  /** True when programs run in the measuring process itself, whose memory is then the host's. */
  readonly isInProcess: boolean
  /** Builds or installs what is not there yet; once, before measuring. */
  prepare(): Promise<void>
  /** Starts it with everything that can be made ready ahead of programs. */
  start(tools: readonly BenchTool[]): Promise<RunningRival>
  /** Starts a fresh process that runs `text("hi")`; milliseconds from the start to its output. */
  coldStart(): Promise<number>
  /** The command line that reduces a bundle into a file; only with the ability `reduce-traces`. */
  reducer?(bundle: string, output: string): Promise<readonly string[]>
}

export function isRivalName(name: string): name is RivalName {
  return rivalNames.some((each) => each === name)
}
