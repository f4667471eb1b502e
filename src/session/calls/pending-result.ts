import type { CellLedger } from '../../storage/ledger.ts'
import { awaitGuarded } from '../../protocol/guarded-calls.ts'
import type { Limits } from '../common/limits.ts'
import { isDeferredResult } from '../../tools/deferred-result.ts'
import type { Tool } from '../../tools/tool.ts'
import { resultJson } from '../common/result-json.ts'
import { isRefusal } from './tool-effects.ts'

type Waiter = { readonly resolve: (value: unknown) => void; readonly reject: (error: unknown) => void }

/** A call with a promised result. */
type PromisedCall = { readonly id: number; readonly tool: Tool; readonly ledger: CellLedger; readonly limits: Limits }

/**
 * The promised result of a tool. A promise that never settles retains this object, but not the cell.
 */
export class PendingResult {
  readonly #id: number
  readonly #tool: Tool
  readonly #limits: Limits
  #ledger: CellLedger | null
  #waiter: Waiter | null
  /** Called once, when the call stops waiting. */
  onDone: () => void = ignore

  constructor({ id, tool, ledger, limits }: PromisedCall, promised: unknown, waiter: Waiter) {
    this.#id = id
    this.#tool = tool
    this.#ledger = ledger
    this.#limits = limits
    this.#waiter = waiter
    awaitGuarded(promised).then(
      (value) => {
        const caller = this.#takeWaiter()
        if (caller === null) this.#recordLate(value)
        else caller.resolve(value)
      },
      // A rejection after the abort says nothing about the effect of the call.
      (error: unknown) => this.#takeWaiter()?.reject(error),
    )
  }

  /** Rejects the call. A later result of the tool is only recorded on the ledger. */
  reject(error: Error): void {
    this.#takeWaiter()?.reject(error)
  }

  /** Stops recording, because another process can own the ledger. */
  forget(): void {
    this.#ledger = null
  }

  #takeWaiter(): Waiter | null {
    const waiter = this.#waiter
    this.#waiter = null
    this.onDone()
    this.onDone = ignore
    return waiter
  }

  #recordLate(result: unknown): void {
    if (isDeferredResult(result)) return
    const note = 'the result arrived after the call had ended'
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
