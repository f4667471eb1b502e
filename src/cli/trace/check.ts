import { exitCodes } from '../exit-codes.ts'
import { readFlags } from '../flags.ts'
import { bundleOf, reducedBundle } from './one-bundle.ts'

/** `codecell trace check BUNDLE`: is it whole, does it reduce. */
export async function checkVerb(args: readonly string[]): Promise<number> {
  const bundle = bundleOf(readFlags('trace', args, {}))
  const { state } = reducedBundle(bundle)
  const counts = [
    `cells: ${Object.keys(state.code_cells).length}`,
    `tool calls: ${Object.keys(state.tool_calls).length}`,
    `conversation items: ${Object.keys(state.conversation_items).length}`,
    `payloads: ${Object.keys(state.raw_payloads).length}`,
  ]
  const end = state.recording_complete ? 'whole' : 'cut: the recorder did not say that it was done'
  process.stdout.write(`${bundle}: reduces; ${end}; status ${state.status}; ${counts.join(', ')}\n`)
  return state.recording_complete ? exitCodes.completed : exitCodes.scriptFailed
}
