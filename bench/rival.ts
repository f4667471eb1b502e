/** The compared systems, in the order of the columns. */
export const rivalNames = [
  'ours',
  'ours-strict',
  'ours-traced',
  'ours-for-codex',
  'ours-in-process',
  'ours-in-process-quickjs',
  'reference',
  'utcp',
  'run',
  'bare',
] as const

export type RivalName = (typeof rivalNames)[number]

/** Abilities that a workload may need and not every rival has. */
export type Ability =
  /** Output leaves the program item by item. */
  | 'output-items'
  /** Nested calls can run concurrently. */
  | 'parallel-calls'
  /** A program can be stopped from outside, before any time limit. */
  | 'terminate'
  /** It has a command that reduces trace bundles. */
  | 'reduce-traces'

/** A function that programs call as `tools.<name>` with one object. */
export type BenchTool = { readonly name: string; readonly call: (input: unknown) => Promise<unknown> }

/** A program that was started and is not awaited. */
export type RunningProgram = { readonly terminate: () => Promise<void> }

/**
 * A rival that is ready for programs. Programs are written in one dialect for all: top-level `await`, `text(value)` for
 * output, `tools.<name>(input)` for nested calls.
 */
export interface RunningRival extends AsyncDisposable {
  /** Runs a program to its end and returns its output. Throws when the program fails. */
  run(program: string): Promise<readonly string[]>
  /** Starts a program that never ends by itself; resolves when it runs. Requires the ability `terminate`. */
  begin(program: string): Promise<RunningProgram>
}

/** A system that the benchmark can run. */
export interface Rival {
  readonly name: RivalName
  readonly abilities: ReadonlySet<Ability>
  /** True when programs run in the measuring process itself, whose memory then counts. */
  readonly isInProcess: boolean
  /** Builds or installs missing parts; once, before measuring. */
  prepare(): Promise<void>
  /** Starts it, with everything that can be prepared ahead of programs. */
  start(tools: readonly BenchTool[]): Promise<RunningRival>
  /** Starts a fresh process that runs `text("hi")`; returns the milliseconds from the start to its output. */
  coldStart(): Promise<number>
  /** The command that reduces a bundle into a file; only with the ability `reduce-traces`. */
  reducer?(bundle: string, output: string): Promise<readonly string[]>
}

export function isRivalName(name: string): name is RivalName {
  return rivalNames.some((each) => each === name)
}
