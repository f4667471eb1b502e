/** A flag of a command. Parsing, help, completions and the tables of `docs/cli.md` are made from it. */
export type FlagSpec = {
  /** The name without dashes. */
  readonly flag: string
  /** The name with one dash, a single letter. */
  readonly short?: string
  readonly type: 'boolean' | 'string' | 'number'
  /** The placeholder of the value in help texts. Flags with `choices` show these instead. */
  readonly value?: string
  /** The values that the flag accepts. */
  readonly choices?: readonly string[]
  /** The kind of path that the value names, for completions. */
  readonly completes?: 'file' | 'folder'
  /** Whether the flag can be repeated. */
  readonly isList?: boolean
  /** Whether the command fails without the flag. */
  readonly isRequired?: boolean
  /** The value that the flag has when none follows it. */
  readonly impliedValue?: string
  /** The behavior without the flag, in words. */
  readonly default?: string
  /** Imperative, in lower case, without a full stop. */
  readonly help: string
}

/** An argument without dashes. */
export type ArgumentSpec = {
  readonly name: string
  readonly completes?: 'file' | 'folder'
  readonly choices?: readonly string[]
  readonly isOptional?: boolean
}

type ExitCodeSpec = readonly [code: number, meaning: string]

/** The table of one command, or of one verb of a command. */
export type CommandSpec = {
  /** The words after `codecell`, e.g. `exec` or `trace show`. */
  readonly name: string
  /** Imperative, in lower case, without a full stop. */
  readonly summary: string
  /** The ways to call the command; each follows the name. */
  readonly usage: readonly string[]
  readonly args: readonly ArgumentSpec[]
  /** Whether more arguments can follow those in `args`. */
  readonly hasMoreArgs?: boolean
  readonly flags: readonly FlagSpec[]
  /** Sentences that help shows below the flags. */
  readonly notes?: readonly string[]
  readonly examples?: readonly string[]
  readonly exitCodes?: readonly ExitCodeSpec[]
  readonly verbs?: readonly CommandSpec[]
}

/** Returns the flag as a user writes it: `-c, --config FILE`. */
export function flagLabel({ flag, short, ...spec }: FlagSpec): string {
  const value = valueLabel(spec)
  return `${short === undefined ? '' : `-${short}, `}--${flag}${value}`
}

/** Returns what follows the name of a flag: ` FILE`, ` [PORT]`, ` default|strict`, or nothing. */
function valueLabel({ type, value = 'VALUE', choices, impliedValue }: Omit<FlagSpec, 'flag'>): string {
  if (type === 'boolean') return ''
  const label = choices === undefined ? value : choices.join('|')
  return impliedValue === undefined ? ` ${label}` : `[=${label}]`
}

/** Returns the verb of a command that these arguments name, and the other arguments. */
export function findVerb(
  spec: CommandSpec,
  args: readonly string[],
): { readonly spec: CommandSpec; readonly rest: readonly string[] } {
  const [word, ...rest] = args
  const verb = spec.verbs?.find(({ name }) => name === `${spec.name} ${word}`)
  return verb === undefined ? { spec, rest: args } : { spec: verb, rest }
}

/** Returns the last word of a name: the verb of a command with verbs. */
export function lastWord({ name }: CommandSpec): string {
  return name.slice(name.lastIndexOf(' ') + 1)
}
