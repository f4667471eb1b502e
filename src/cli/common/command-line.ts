import { parseArgs, type ParseArgsConfig } from 'node:util'
import { adviceFor } from '../../options/check-options.ts'
import { CommandError, exitCodes } from './exit-codes.ts'
import { lastWord, type CommandSpec, type FlagSpec } from '../specs/command-spec.ts'

/** The arguments of a command, checked against its table. */
export class CommandLine {
  readonly spec: CommandSpec
  /** Arguments that are neither flags nor their values. */
  readonly args: readonly string[]
  readonly #values: ReadonlyMap<string, readonly string[]>

  constructor(spec: CommandSpec, args: readonly string[], values: ReadonlyMap<string, readonly string[]>) {
    this.spec = spec
    this.args = args
    this.#values = values
  }

  /** Whether the flag was given. */
  has(name: string): boolean {
    return this.list(name).length > 0
  }

  /** The last value of a flag, undefined without the flag. */
  text(name: string): string | undefined {
    return this.list(name).at(-1)
  }

  /** The value of a flag of type `number`, undefined without the flag. */
  number(name: string): number | undefined {
    const value = this.text(name)
    return value === undefined ? undefined : Number(value)
  }

  /** All values of a flag, in order. */
  list(name: string): readonly string[] {
    // A flag that the table does not have would be undefined in every run.
    if (!this.spec.flags.some(({ flag }) => flag === name))
      throw new Error(`codecell ${this.spec.name} has no --${name}`)
    return this.#values.get(name) ?? []
  }
}

/** Creates the error for a wrong call of a command; it refers to the command's help. */
export function usageError({ name }: Pick<CommandSpec, 'name'>, message: string): CommandError {
  return new CommandError(exitCodes.usage, `${message}\nSee: codecell help ${name}`)
}

/** Creates the error for a verb that a command does not have. */
export function unknownVerb(spec: CommandSpec, verb: string): CommandError {
  const known = (spec.verbs ?? []).map(lastWord)
  const advice = adviceFor(verb, known)
  const expected = known.length === 0 ? 'the command has no verbs' : `expected ${choicesText(known)}`
  return usageError(spec, `Cannot run "${spec.name} ${verb}": ${expected}${advice === '' ? '' : `; ${advice}`}`)
}

/** Parses arguments by the table of a command. Throws a `CommandError` for what the table does not have. */
export function parseCommandLine(spec: CommandSpec, given: readonly string[]): CommandLine {
  const { tokens, positionals } = parseArgs({
    args: withImpliedValues(spec, given),
    options: parseOptionsOf(spec),
    strict: false,
    tokens: true,
  })
  const values = new Map<string, string[]>()
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    const flag = spec.flags.find((known) => known.flag === token.name)
    if (flag === undefined) throw usageError(spec, unknownFlagText(spec, token.rawName))
    const value = valueOf(spec, flag, token)
    values.set(flag.flag, [...(values.get(flag.flag) ?? []), value])
  }
  checkRequired(spec, values)
  checkArguments(spec, positionals)
  return new CommandLine(spec, positionals, values)
}

function parseOptionsOf({ flags }: CommandSpec): NonNullable<ParseArgsConfig['options']> {
  return Object.fromEntries(
    flags.map(({ flag, short, type }) => [
      flag,
      { type: type === 'boolean' ? 'boolean' : 'string', multiple: true, ...(short === undefined ? {} : { short }) },
    ]),
  )
}

/** Adds the implied values: `--inspect` becomes `--inspect=9229`. `--http 3000` is `--http=3000`, since `serve` takes no arguments. */
function withImpliedValues({ flags, args: known }: CommandSpec, given: readonly string[]): string[] {
  const end = given.includes('--') ? given.indexOf('--') : given.length
  const implied = new Map(flags.map(({ flag, impliedValue }) => [`--${flag}`, impliedValue]))
  const args: string[] = []
  for (let index = 0; index < given.length; index++) {
    const arg = given[index] ?? ''
    const value = index < end ? implied.get(arg) : undefined
    const next = given[index + 1] ?? ''
    if (value === undefined) args.push(arg)
    else if (known.length === 0 && /^\d+$/.test(next)) {
      args.push(`${arg}=${next}`)
      index++
    } else args.push(`${arg}=${value}`)
  }
  return args
}

function unknownFlagText({ flags }: CommandSpec, rawName: string): string {
  const advice = rawName.startsWith('--') ? adviceFor(rawName.slice(2), [...flags.map(({ flag }) => flag), 'help']) : ''
  return `Cannot use ${rawName}: unknown flag${advice === '' ? '' : `; ${advice.replace('"', '"--')}`}`
}

type OptionToken = {
  readonly rawName: string
  readonly value?: string | undefined
  readonly inlineValue?: boolean | undefined
}

function valueOf(spec: CommandSpec, flag: FlagSpec, { rawName, value, inlineValue }: OptionToken): string {
  const cannot = (reason: string): CommandError => usageError(spec, `Cannot use ${rawName}: ${reason}`)
  if (flag.type === 'boolean') {
    if (value !== undefined) throw cannot('the flag takes no value')
    return ''
  }
  const placeholder = flag.choices === undefined ? (flag.value ?? 'a value') : choicesText(flag.choices)
  if (value === undefined) throw cannot(`expected ${placeholder}`)
  if (inlineValue === false && value.length > 1 && value.startsWith('-')) {
    throw cannot(
      `expected ${placeholder}, got the flag "${value}"; for a value that starts with "-", write --${flag.flag}=VALUE`,
    )
  }
  if (flag.type === 'number' && !/^\d+$/.test(value)) throw cannot(`expected a non-negative integer, got "${value}"`)
  if (flag.choices !== undefined && !flag.choices.includes(value)) {
    const advice = adviceFor(value, flag.choices)
    throw cannot(`expected ${placeholder}, got "${value}"${advice === '' ? '' : `; ${advice}`}`)
  }
  return value
}

/** Returns choices in words: `a, b or c`. */
function choicesText(choices: readonly string[]): string {
  const last = choices.at(-1) ?? ''
  return choices.length < 2 ? last : `${choices.slice(0, -1).join(', ')} or ${last}`
}

function checkRequired(spec: CommandSpec, values: ReadonlyMap<string, unknown>): void {
  const missing = spec.flags.find(({ flag, isRequired }) => isRequired === true && !values.has(flag))
  if (missing === undefined) return
  const { flag, choices, value = 'VALUE' } = missing
  const expected = choices === undefined ? value : choices.join('|')
  throw usageError(spec, `Cannot run "codecell ${spec.name}": expected --${flag} ${expected}`)
}

function checkArguments(spec: CommandSpec, given: readonly string[]): void {
  const { name, args, hasMoreArgs } = spec
  const missing = args.find(({ isOptional }, index) => isOptional !== true && given[index] === undefined)
  if (missing !== undefined) {
    const choices = missing.choices === undefined ? '' : `: ${choicesText(missing.choices)}`
    throw usageError(spec, `Cannot run "codecell ${name}": expected ${missing.name}${choices}`)
  }
  const surplus = hasMoreArgs === true ? undefined : given[args.length]
  if (surplus !== undefined) throw usageError(spec, `Cannot run "codecell ${name}": unexpected argument "${surplus}"`)
  for (const [index, { name: label, choices }] of args.entries()) {
    const value = given[index]
    if (value === undefined || choices === undefined || choices.includes(value)) continue
    const advice = adviceFor(value, choices)
    throw usageError(
      spec,
      `Cannot use "${value}" as ${label}: expected ${choicesText(choices)}${advice === '' ? '' : `; ${advice}`}`,
    )
  }
}
