import { showTrace } from '../../trace.ts'
import { CommandError, exitCodes } from '../common/exit-codes.ts'
import { parseCommandLine } from '../common/command-line.ts'
import type { Io } from '../common/io.ts'
import { traceVerbSpec } from '../specs/trace-commands.ts'
import { reducedBundle } from './one-bundle.ts'
import { writeLines } from '../common/write-lines.ts'

const spec = traceVerbSpec('show')

/** `codecell trace show BUNDLE`: prints a bundle as a tree. */
export async function showVerb(args: readonly string[], { stdout, env }: Io): Promise<number> {
  const line = parseCommandLine(spec, args)
  const { opened, state } = reducedBundle(line.args[0] ?? '', 'show')
  const cell = line.text('cell')
  if (cell !== undefined && !Object.values(state.code_cells).some(({ runtime_cell_id: id }) => id === cell)) {
    throw new CommandError(exitCodes.scriptFailed, `Cannot show cell ${JSON.stringify(cell)}: not found in the bundle`)
  }
  const isPlain = line.has('no-color') || (env['NO_COLOR'] ?? '') !== '' || stdout.isTTY !== true
  const lines = showTrace(state, opened, {
    width: stdout.isTTY === true ? (stdout.columns ?? 120) : 120,
    full: line.has('full'),
    color: !isPlain,
    ...(cell === undefined ? {} : { cell }),
  })
  await writeLines(stdout, lines)
  return exitCodes.completed
}
