import { parseCommandLine } from '../common/command-line.ts'
import { bashCompletion } from '../completion/bash.ts'
import { fishCompletion } from '../completion/fish.ts'
import { zshCompletion } from '../completion/zsh.ts'
import { exitCodes } from '../common/exit-codes.ts'
import type { Io } from '../common/io.ts'
import { completionSpec } from '../specs/setup-commands.ts'

/** `codecell completion SHELL`: prints a completion script. */
export function completionCommand(args: readonly string[], { stdout }: Io): number {
  const [shell] = parseCommandLine(completionSpec, args).args
  stdout.write(shell === 'zsh' ? zshCompletion() : shell === 'fish' ? fishCompletion() : bashCompletion())
  return exitCodes.completed
}
