import { usageError, type CommandLine } from '../common/command-line.ts'

/** Returns the name of the entry that `--name` selects. Throws a `CommandError` for a name that clients do not accept. */
export function entryName(line: CommandLine): string {
  const name = line.text('name') ?? 'codecell'
  if (/^[\w-]{1,64}$/.test(name)) return name
  throw usageError(line.spec, `Cannot use --name: expected 1 to 64 letters, digits, "_" or "-", got "${name}"`)
}
