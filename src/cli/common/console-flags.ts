import { readFileSync } from 'node:fs'
import type { ConsoleToken } from '../../console.ts'
import { messageOf } from '../../errors.ts'
import { parsePrices, type TracePrices } from '../../trace-view.ts'
import { usageError, type CommandLine } from './command-line.ts'

/** Returns the tokens of a console. Its users type their names. */
export function consoleTokensOf(tokens: readonly string[]): readonly ConsoleToken[] {
  return tokens.map((token) => ({ token }))
}

/** Returns the port of a flag. Throws a `CommandError` for another number. */
export function portOf(line: CommandLine, flag: string): number | undefined {
  const port = line.number(flag)
  if (port === undefined || port <= 65_535) return port
  throw usageError(line.spec, `Cannot use --${flag}: expected an integer from 0 to 65535, got ${port}`)
}

/** Returns the prices of a file. Throws a `CommandError` when it cannot be read. */
export function pricesOf(line: CommandLine): TracePrices | undefined {
  const file = line.text('prices')
  if (file === undefined) return undefined
  try {
    return parsePrices(JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    throw usageError(line.spec, `Cannot read prices from "${file}": ${messageOf(error)}`)
  }
}
