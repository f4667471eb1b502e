import { messageOf } from '../errors.ts'

/** Calls back into the embedder's code. What it throws is a warning of the process, and changes nothing for the cell. */
export function tell(name: string, callback: () => unknown): void {
  try {
    callback()
  } catch (error) {
    process.emitWarning(`${name} threw: ${messageOf(error)}`, 'CodecellWarning')
  }
}
