import { messageOf } from '../../errors.ts'
import { hear } from '../../protocol/adopted.ts'

/** Calls back into the embedder's code. What it throws, at once or later, is a warning of the process, and changes nothing for the cell. */
export function tell(name: string, callback: () => unknown): void {
  hear(callback, (error) => process.emitWarning(`${name} threw: ${messageOf(error)}`, 'CodecellWarning'))
}
