import { isUtf8 } from 'node:buffer'
import { readFile, stat } from 'node:fs/promises'
import { buffer as readAll } from 'node:stream/consumers'
import { messageOf } from '../../errors.ts'
import { CommandError, exitCodes } from '../common/exit-codes.ts'
import type { Io } from '../common/io.ts'

/** Reads the program in a file, or on standard input for `-`. Throws a `CommandError` for input that is not a program. */
export async function readSource(file: string, { stdin }: Pick<Io, 'stdin'>): Promise<string> {
  const bytes = file === '-' ? await readAll(stdin) : await readBytes(file)
  return checkedSource(bytes, file === '-' ? 'standard input' : `"${file}"`)
}

/** Returns a program as text. Throws a `CommandError` for bytes that are not a program; `name` says where they come from. */
export function checkedSource(bytes: Buffer, name: string): string {
  if (bytes.includes(0) || !isUtf8(bytes)) throw usage(`Cannot run ${name}: expected text in UTF-8`)
  const source = bytes.toString()
  if (source.trim() === '') throw usage(`Cannot run ${name}: it is empty`)
  return source
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    const found = await stat(file)
    if (found.isDirectory()) throw usage(`Cannot run "${file}": expected a file, got a folder`)
    // A device may never end.
    if (!found.isFile() && !found.isFIFO()) throw usage(`Cannot run "${file}": expected a file`)
    return await readFile(file)
  } catch (error) {
    if (error instanceof CommandError) throw error
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    throw usage(
      isMissing
        ? `Cannot run "${file}": file not found${adviceFor(file)}`
        : `Cannot read "${file}": ${messageOf(error)}`,
    )
  }
}

/** A program instead of a file is a frequent mistake. */
function adviceFor(file: string): string {
  return /[(;\n]/.test(file) ? '; to run a program itself, pass it as --eval' : ''
}

function usage(message: string): CommandError {
  return new CommandError(exitCodes.usage, message)
}
