import { closeSync, openSync } from 'node:fs'
import { isatty, ReadStream } from 'node:tty'
import type { Io } from '../common/io.ts'
import type { UserTerminal } from './line-reader.ts'

/**
 * Returns the terminal of the user, null when no prompt is possible. Standard error must be a terminal. Replies come from standard
 * input, or from the controlling terminal when standard input had the program.
 */
export function userTerminal(
  { stdin, stderr: output }: Io,
  { isInputUsed }: { readonly isInputUsed: boolean },
): UserTerminal | null {
  if (output.isTTY !== true) return null
  if (!isInputUsed) return stdin.isTTY === true ? { input: stdin, output } : null
  const input = controllingTerminal()
  return input === null ? null : { input, output }
}

function controllingTerminal(): ReadStream | null {
  try {
    const descriptor = openSync('/dev/tty', 'r')
    if (isatty(descriptor)) return new ReadStream(descriptor).pause()
    closeSync(descriptor)
  } catch {
    // The command runs in the background, or the system has no such file.
  }
  return null
}
