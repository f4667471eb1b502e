import type { CellLedger } from '../../storage/ledger.ts'
import { awaitGuarded } from '../../protocol/guarded-calls.ts'
import type { Limits } from '../limits.ts'
import type { Tool } from '../../tools/tool.ts'
import { resultJson } from './result-json.ts'
import { isRefusal } from './tool-effects.ts'

type Waiter = { readonly resolve: (value: unknown) => void; readonly reject: (error: unknown) => void }

/** A call whose tool has promised a result. */
type PromisedCall = { readonly id: number; readonly tool: Tool; readonly ledger: CellLedger; readonly limits: Limits }

/**
 * The result that a tool promised, and the call that waits for it. A tool that never settles its promise holds this object, but not
 * the cell.
 */
export class PendingResult {
  readonly #id: number
  readonly #tool: Tool
  readonly #limits: Limits
  #ledger: CellLedger | null
  #waiter: Waiter | null
  /** Called once, when the call stops waiting. */
  onLeft: () => void = ignore

  constructor({ id, tool, ledger, limits }: PromisedCall, promised: unknown, waiter: Waiter) {
    this.#id = id
    this.#tool = tool
    this.#ledger = ledger
    this.#limits = limits
    this.#waiter = waiter
    awaitGuarded(promised).then(
      (value) => {
        const waiting = this.#leave()
        if (waiting === null) this.#recordLate(value)
        else waiting.resolve(value)
      },
      // A rejection after our abort does not tell the effect of the call.
      (error: unknown) => this.#leave()?.reject(error),
    )
  }

  /** Rejects the wait of the call. The ledger gets a later result of the tool. */
  giveUp(error: Error): void {
    this.#leave()?.reject(error)
  }

  /** Leaves the ledger alone: another process may have it. */
  forget(): void {
    this.#ledger = null
  }

  #leave(): Waiter | null {
    const waiter = this.#waiter
    this.#waiter = null
    this.onLeft()
    this.onLeft = ignore
    return waiter
  }

  #recordLate(result: unknown): void {
    const note = 'it answered after its time was over'
    const state = this.#isRefusal(result) ? 'failed' : 'applied'
    this.#ledger?.recordEnd(this.#id, { state, note, result: this.#jsonOf(result) })
  }

  #isRefusal(result: unknown): boolean {
    try {
      return isRefusal(this.#tool, result)
    } catch {
      return false
    }
  }

  #jsonOf(result: unknown): string | null {
    try {
      return resultJson(result, this.#limits)
    } catch {
      return null
    }
  }
}

function ignore(): void {}
