import { showTrace } from '../../trace.ts'
import { CommandError, exitCodes } from '../exit-codes.ts'
import { readFlags, textFlag } from '../flags.ts'
import type { Io } from '../io.ts'
import { bundleOf, reducedBundle } from './one-bundle.ts'
import { writeLines } from './write-lines.ts'

/** `codecell trace show BUNDLE`: what happened, as a tree. */
export async function showVerb(args: readonly string[], { stdout, env }: Io): Promise<number> {
  const given = readFlags('trace', args, {
    cell: { type: 'string' },
    full: { type: 'boolean' },
    'no-color': { type: 'boolean' },
  })
  const { opened, state } = reducedBundle(bundleOf(given))
  const cell = textFlag(given, 'cell')
  if (cell !== undefined && !Object.values(state.code_cells).some(({ runtime_cell_id: id }) => id === cell)) {
    throw new CommandError(
      exitCodes.scriptFailed,
      `Cannot show cell ${JSON.stringify(cell)}: the trace has no such cell`,
    )
  }
  const isPlain = given.flags['no-color'] === true || (env['NO_COLOR'] ?? '') !== '' || stdout.isTTY !== true
  const lines = showTrace(state, opened, {
    width: stdout.isTTY === true ? (stdout.columns ?? 120) : 120,
    full: given.flags['full'] === true,
    color: !isPlain,
    ...(cell === undefined ? {} : { cell }),
  })
  await writeLines(stdout, lines)
  return exitCodes.completed
}
