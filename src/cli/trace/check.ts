import { createHostPool } from '../../index.ts'
import { replayBundle } from '../../replay.ts'
import { isRecordingClosed } from '../../trace-format.ts'
import type { TraceBundle } from '../../trace.ts'
import { exitCodes } from '../common/exit-codes.ts'
import { parseCommandLine, type CommandLine } from '../common/command-line.ts'
import type { Io } from '../common/io.ts'
import { traceVerbSpec } from '../specs/trace-commands.ts'
import { EngineWarning, replayEngineOf } from './engine-warning.ts'
import { reducedBundle, unreadable } from './one-bundle.ts'
import { replayText } from './replay-text.ts'

const spec = traceVerbSpec('check')

/** `codecell trace check BUNDLE`: checks that a bundle reduces, is complete, and replays the same way. */
export async function checkVerb(args: readonly string[], { stdout, stderr }: Io): Promise<number> {
  const line = parseCommandLine(spec, args)
  const bundle = line.args[0] ?? ''
  const { opened, state } = reducedBundle(bundle, 'check')
  const counts = [
    `status ${state.status}`,
    `cells: ${Object.keys(state.code_cells).length}`,
    `tool calls: ${Object.keys(state.tool_calls).length}`,
    `conversation items: ${Object.keys(state.conversation_items).length}`,
    `payloads: ${Object.keys(state.raw_payloads).length}`,
  ]
  stdout.write(`reduces: ${counts.join(', ')}\n`)
  const isComplete = isRecordingClosed(state)
  stdout.write(isComplete ? 'complete\n' : 'truncated: the recorder did not finish the bundle\n')
  if (line.has('no-replay')) return isComplete ? exitCodes.completed : exitCodes.scriptFailed
  try {
    const isSame = await replaysSame(opened, line, { stdout, stderr })
    return isComplete && isSame ? exitCodes.completed : exitCodes.scriptFailed
  } catch (error) {
    throw unreadable(bundle, error, 'check')
  }
}

/** Prints each cell that differs, then one line about all cells. Returns whether all are the same. */
async function replaysSame(
  bundle: TraceBundle,
  line: CommandLine,
  { stdout, stderr }: Pick<Io, 'stdout' | 'stderr'>,
): Promise<boolean> {
  await using hosts = createHostPool({ size: 1, warmIsolates: 0 })
  const warning = new EngineWarning(stderr)
  let cells = 0
  let same = 0
  for await (const { found, replay } of replayBundle(bundle, { ...replayEngineOf(line), hosts })) {
    cells++
    warning.onReplay(replay)
    if (replay.type === 'same') same++
    else stdout.write(replayText(found, replay))
  }
  const verdict =
    cells === 0
      ? 'nothing to replay: no cell records'
      : same === cells
        ? `replays: ${cells} ${cells === 1 ? 'cell' : 'cells'}, the same`
        : `does not replay: ${same} of ${cells} cells are the same`
  stdout.write(`${verdict}\n`)
  return same === cells
}
