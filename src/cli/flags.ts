import { parseArgs, type ParseArgsConfig } from 'node:util'
import { messageOf } from '../index.ts'
import { CommandError, exitCodes } from './exit-codes.ts'

type Options = NonNullable<ParseArgsConfig['options']>

/** What was given on the command line: flags by name, and the rest. */
export type Given = {
  readonly flags: Readonly<Record<string, string | boolean | undefined>>
  /** The values of flags that may be given more than once. */
  readonly lists: Readonly<Record<string, readonly string[] | undefined>>
  readonly rest: readonly string[]
}

/** Splits arguments into flags and the rest. Throws for what the command does not know, and points at its help. */
export function readFlags(command: string, args: readonly string[], options: Options): Given {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
    const flags = Object.entries(values).map(
      ([name, value]) => [name, Array.isArray(value) ? value[0] : value] as const,
    )
    const lists = Object.entries(values).flatMap(([name, value]) =>
      Array.isArray(value) ? [[name, value.map(String)] as const] : [],
    )
    return { flags: Object.fromEntries(flags), lists: Object.fromEntries(lists), rest: positionals }
  } catch (error) {
    // Node adds advice about `--` that does not help here.
    const [message] = messageOf(error).split('. To specify')
    throw new CommandError(exitCodes.usage, `${message}\nSee: codecell help ${command}`)
  }
}

/** A flag with a whole number, undefined when it was not given. */
export function numberFlag(given: Given, name: string): number | undefined {
  const value = given.flags[name]
  if (value === undefined) return undefined
  if (typeof value === 'string' && /^\d+$/.test(value)) return Number(value)
  throw new CommandError(exitCodes.usage, `Cannot use --${name} ${String(value)}: a whole number is expected`)
}

/** A flag with a text, undefined when it was not given. */
export function textFlag(given: Given, name: string): string | undefined {
  const value = given.flags[name]
  return typeof value === 'string' ? value : undefined
}
