import { createHostPool } from '../../index.ts'
import { replayBundle } from '../../replay.ts'
import type { TraceBundle } from '../../trace.ts'
import { exitCodes } from '../exit-codes.ts'
import { readFlags } from '../flags.ts'
import type { Io } from '../io.ts'
import { bundleOf, reducedBundle, unreadable } from './one-bundle.ts'
import { replayText } from './replay-text.ts'

/** `codecell trace check BUNDLE`: does it reduce, is it whole, do its cells run again the same way. */
export async function checkVerb(args: readonly string[], { stdout }: Io): Promise<number> {
  const given = readFlags('trace', args, { 'no-replay': { type: 'boolean' } })
  const bundle = bundleOf(given)
  const { opened, state } = reducedBundle(bundle)
  const counts = [
    `status ${state.status}`,
    `cells: ${Object.keys(state.code_cells).length}`,
    `tool calls: ${Object.keys(state.tool_calls).length}`,
    `conversation items: ${Object.keys(state.conversation_items).length}`,
    `payloads: ${Object.keys(state.raw_payloads).length}`,
  ]
  stdout.write(`reduces: ${counts.join(', ')}\n`)
  const isWhole = state.recording_complete
  stdout.write(isWhole ? 'whole\n' : 'cut: the recorder did not say that it was done\n')
  if (given.flags['no-replay'] === true) return isWhole ? exitCodes.completed : exitCodes.scriptFailed
  try {
    const isSame = await replaysSame(opened, stdout)
    return isWhole && isSame ? exitCodes.completed : exitCodes.scriptFailed
  } catch (error) {
    throw unreadable(bundle, error)
  }
}

/** Says in one line how the cells fared, before it what is wrong with any of them. */
async function replaysSame(bundle: TraceBundle, stdout: Io['stdout']): Promise<boolean> {
  await using hosts = createHostPool({ size: 1, warmIsolates: 0 })
  let cells = 0
  let same = 0
  for await (const { found, replay } of replayBundle(bundle, { hosts })) {
    cells++
    if (replay.type === 'same') same++
    else stdout.write(replayText(found, replay))
  }
  const verdict =
    cells === 0
      ? 'nothing to replay: no records of cells'
      : same === cells
        ? `replays: ${cells} ${cells === 1 ? 'cell' : 'cells'}, the same`
        : `does not replay: ${same} of ${cells} cells are the same`
  stdout.write(`${verdict}\n`)
  return same === cells
}
