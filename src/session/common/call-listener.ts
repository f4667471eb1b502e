import { warnOperator } from '../../platform/process.ts'
import { messageOf } from '../../errors.ts'
import { callGuarded } from '../../protocol/guarded-calls.ts'

/** Calls a callback of the embedder. An exception or a rejection becomes a process warning and does not affect the cell. */
export function callListener(name: string, callback: () => unknown): void {
  callGuarded(callback, (error) => warnOperator(`${name} threw: ${messageOf(error)}`))
}
