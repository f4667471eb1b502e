import { closeSync, openSync } from 'node:fs'
import { isatty, ReadStream } from 'node:tty'
import type { Io } from '../io.ts'
import type { PersonsTerminal } from './line-reader.ts'

/**
 * The terminal of the person who started this command, null when there is nobody to ask: standard error has to be one, and what
 * is typed comes from standard input, or, when the program came from there, from the terminal itself.
 */
export function personsTerminal(
  { stdin, stderr: output }: Io,
  { isInputTaken }: { readonly isInputTaken: boolean },
): PersonsTerminal | null {
  if (output.isTTY !== true) return null
  if (!isInputTaken) return stdin.isTTY === true ? { input: stdin, output } : null
  const input = controllingTerminal()
  return input === null ? null : { input, output }
}

function controllingTerminal(): ReadStream | null {
  try {
    const descriptor = openSync('/dev/tty', 'r')
    if (isatty(descriptor)) return new ReadStream(descriptor).pause()
    closeSync(descriptor)
  } catch {
    // There is none: the command runs in the background, or the system has no such file.
  }
  return null
}
