import type { CellLedger } from '../../storage/ledger.ts'
import { awaitGuarded } from '../../protocol/guarded-calls.ts'
import type { Limits } from '../limits.ts'
import type { Tool } from '../../tools/tool.ts'
import { resultJson } from './result-json.ts'
import { isRefusal } from './tool-effects.ts'

type Waiter = { readonly resolve: (value: unknown) => void; readonly reject: (error: unknown) => void }

/** What a tool will answer, and the call that waits for it. A tool that never answers holds this object, but no cell. */
export class AwaitedAnswer {
  #waiter: Waiter | null
  readonly #late: LateAnswer
  /** Called once, when the call does not wait any more. */
  over: () => void = () => undefined

  constructor(running: unknown, late: LateAnswer, waiter: Waiter) {
    this.#waiter = waiter
    this.#late = late
    awaitGuarded(running).then(
      (value) => {
        const waiting = this.#leave()
        if (waiting === null) this.#late.answered(value)
        else waiting.resolve(value)
      },
      // A rejection after our abort says nothing about the effect of the call.
      (error: unknown) => this.#leave()?.reject(error),
    )
  }

  /** The call is told this instead; what the tool answers later goes on the ledger. */
  giveUp(error: Error): void {
    this.#leave()?.reject(error)
  }

  #leave(): Waiter | null {
    const waiter = this.#waiter
    this.#waiter = null
    this.over()
    this.over = () => undefined
    return waiter
  }
}

/** Where an answer goes that comes when nobody waits for it any more: what came of the call is worth knowing all the same. */
export class LateAnswer {
  #ledger: CellLedger | null
  readonly #call: number
  readonly #tool: Tool
  readonly #limits: Limits

  constructor(ledger: CellLedger, call: number, tool: Tool, limits: Limits) {
    this.#ledger = ledger
    this.#call = call
    this.#tool = tool
    this.#limits = limits
  }

  answered(result: unknown): void {
    const note = 'it answered after its time was over'
    const state = this.#isRefusal(result) ? 'failed' : 'applied'
    this.#ledger?.recordEnd(this.#call, { state, note, result: this.#jsonOf(result) })
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

  /** Nothing can be written down any more. */
  forget(): void {
    this.#ledger = null
  }
}
