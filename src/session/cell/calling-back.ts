import { messageOf } from '../../errors.ts'
import { callGuarded } from '../../protocol/guarded-calls.ts'

/** Calls back into the embedder's code. What it throws, at once or later, is a warning of the process, and changes nothing for the cell. */
export function callListener(name: string, callback: () => unknown): void {
  callGuarded(callback, (error) => process.emitWarning(`${name} threw: ${messageOf(error)}`, 'CodecellWarning'))
}
