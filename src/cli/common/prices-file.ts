import { readFileSync } from 'node:fs'
import { messageOf } from '../../errors.ts'
import { parsePrices, type TracePrices } from '../../trace-view.ts'
import { CommandError, exitCodes } from './exit-codes.ts'
import { printable } from './printable.ts'

/** Reads a table of prices. Throws a `CommandError` for a file without one. */
export function readPrices(file: string): TracePrices {
  try {
    return parsePrices(JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    throw new CommandError(exitCodes.scriptFailed, `Cannot read prices from ${file}: ${printable(messageOf(error))}`)
  }
}
