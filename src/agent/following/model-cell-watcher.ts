import type { WaitArguments } from '../input/wait-input.ts'
import type { ModelTools } from '../tools/model-tools.ts'
import type { Progress } from './cell-progress.ts'
import { FollowedCall } from './followed-call.ts'
import type { FollowedCells } from './followed-cells.ts'

export type ModelCellWatcherOptions = {
  /** Receives the notifications of the session. */
  readonly cells: FollowedCells
  /** Whether a notification ends a `wait`: true when the model reads notifications only with a response. */
  readonly endsAtNotification: boolean
  /** Makes every call respond early when aborted, with the output so far. The cells keep running. */
  readonly preempt?: AbortSignal
  /** Whether a call id identifies one request, so that a repeated call returns the same response. */
  readonly isRepeatable?: boolean
  /** Whether calls of a cell wait for a decision that no response has mentioned. Such a cell ends a `wait` at once. */
  readonly hasNewApprovals?: (cellId: string) => boolean
}

export type FollowOptions = {
  /** The model's id of the call. */
  readonly callId: string
  /** Abandons the call when aborted. */
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: Progress) => void
}

export type FollowExecOptions = FollowOptions & { readonly onStarted?: (cellId: string) => void }

/** Makes the calls of `exec` and `wait` of a model, and follows their cells until each call has its response. */
export class ModelCellWatcher {
  readonly tools: ModelTools
  readonly #options: ModelCellWatcherOptions

  constructor(tools: ModelTools, options: ModelCellWatcherOptions) {
    this.tools = tools
    this.#options = options
  }

  exec(input: unknown, { callId, signal, onProgress, onStarted }: FollowExecOptions): FollowedCall {
    const { cells } = this.#options
    const call = new FollowedCall({ session: this.tools.session, cells, isExec: true, signal })
    call.start(async (abandoned) => {
      return await this.tools.exec(input, {
        ...this.#namesOf(callId),
        ...this.#preempting(),
        signal: abandoned,
        onStarted: (cellId) => {
          onStarted?.(cellId)
          call.observe(cells.add(cellId, callId), onProgress)
        },
      })
    })
    return call
  }

  wait(args: WaitArguments, { callId, signal, onProgress }: FollowOptions): FollowedCall {
    const { cells, endsAtNotification, hasNewApprovals } = this.#options
    const { session } = this.tools
    const cellIds = args.request?.cellIds ?? []
    const call = new FollowedCall({ session, cells, isExec: false, signal })
    const preempt = new AbortController()
    for (const cellId of session.cells()) if (cellIds.includes(cellId)) cells.getOrAdd(cellId, null)
    for (const cellId of cellIds) {
      const progress = cells.get(cellId)
      if (progress !== null) call.observe(progress, onProgress, endsAtNotification ? preempt : null)
    }
    // Approvals that came between two calls are news for the model, not a reason to wait.
    if (cellIds.some((cellId) => hasNewApprovals?.(cellId) === true)) preempt.abort()
    call.start(async (abandoned) => {
      const signals = [preempt.signal, ...Object.values(this.#preempting())]
      return await this.tools.wait(args, {
        ...this.#namesOf(callId),
        signal: abandoned,
        preempt: AbortSignal.any(signals),
      })
    })
    return call
  }

  #preempting(): { readonly preempt?: AbortSignal } {
    const { preempt } = this.#options
    return preempt === undefined ? {} : { preempt }
  }

  #namesOf(callId: string): { readonly callId: string; readonly requestId?: string } {
    return this.#options.isRepeatable === true ? { callId, requestId: callId } : { callId }
  }
}
