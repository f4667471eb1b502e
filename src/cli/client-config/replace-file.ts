import { chmodSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { messageOf } from '../../errors.ts'
import { CommandError, exitCodes } from '../common/exit-codes.ts'

/** Returns the text of a file, empty for a missing one. Throws a `CommandError` for a file that cannot be read. */
export function readTextIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw new CommandError(exitCodes.usage, `Cannot read "${file}": ${messageOf(error)}`)
  }
}

/** Replaces a file in one step: readers see the old text or the new one. Keeps its mode, and a link to it. */
export function replaceFile(file: string, text: string): void {
  const target = targetOf(file)
  const draft = `${target}.codecell-${process.pid}`
  try {
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(draft, text, { flag: 'wx' })
    const mode = statSync(target, { throwIfNoEntry: false })?.mode
    if (mode !== undefined) chmodSync(draft, mode)
    renameSync(draft, target)
  } catch (error) {
    rmSync(draft, { force: true })
    throw new CommandError(exitCodes.usage, `Cannot write "${file}": ${messageOf(error)}`)
  }
}

/** Returns the file behind a link. */
function targetOf(file: string): string {
  try {
    return realpathSync(file)
  } catch {
    return file
  }
}
