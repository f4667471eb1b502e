import { CommandError, exitCodes } from '../exit-codes.ts'
import { readFlags, textFlag, type Given } from '../flags.ts'

/** The flags of the commands that look at a folder of sessions. */
const sessionFlags = { durable: { type: 'string' }, json: { type: 'boolean' } } as const

/** The folder of `--durable`, which has to be given. */
function durableFolder(command: string, given: Given): string {
  const folder = textFlag(given, 'durable')
  if (folder !== undefined && folder !== '') return folder
  throw usage(command, 'Cannot tell where the sessions are: pass --durable DIR')
}

/** Reads flags of a command with a fixed number of arguments; `what` says which. */
export function readSessionFlags(
  { command, count, what }: { readonly command: string; readonly count: number; readonly what: string },
  args: readonly string[],
  more: Parameters<typeof readFlags>[2] = {},
): Given & { readonly folder: string } {
  const given = readFlags(command, args, { ...sessionFlags, ...more })
  if (given.rest.length !== count) throw usage(command, `Cannot tell what to do: ${what} expected`)
  return { ...given, folder: durableFolder(command, given) }
}

export function usage(command: string, message: string): CommandError {
  return new CommandError(exitCodes.usage, `${message}\nSee: codecell help ${command}`)
}
