import { readFile, stat } from 'node:fs/promises'
import { text as readAll } from 'node:stream/consumers'
import { messageOf } from '../index.ts'
import { CommandError, exitCodes } from './exit-codes.ts'

/** The program in a file, or on standard input for `-`. Throws for what cannot be one, and says why. */
export async function readSource(file: string): Promise<string> {
  const source = file === '-' ? await readAll(process.stdin) : await readText(file)
  const name = file === '-' ? 'standard input' : `"${file}"`
  if (source.includes('\0') || source.includes('\ufffd')) throw usage(`Cannot run ${name}: it is not text in UTF-8`)
  if (source.trim() === '') throw usage(`Cannot run ${name}: it is empty`)
  return source
}

async function readText(file: string): Promise<string> {
  try {
    if ((await stat(file)).isDirectory()) throw usage(`Cannot run "${file}": it is a folder; a file is expected`)
    return await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof CommandError) throw error
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    throw usage(
      isMissing ? `Cannot run "${file}": there is no such file` : `Cannot read "${file}": ${messageOf(error)}`,
    )
  }
}

function usage(message: string): CommandError {
  return new CommandError(exitCodes.usage, message)
}
