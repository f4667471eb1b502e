import type { Session } from '../../session/api/session-options.ts'
import { errorResponse, type ModelResponse } from '../response/response.ts'
import type { CellProgress, Progress } from './cell-progress.ts'
import type { FollowedCells } from './followed-cells.ts'

/** A response with what its cells reported: notifications since the last response, and nested calls. */
export type FollowedResponse = ModelResponse &
  Pick<Progress, 'notifications' | 'calls'> & {
    /** The call of `exec` that started the cell. Null when the response is about no cell, or about several. */
    readonly execCallId: string | null
  }

type FollowedCallOptions = {
  readonly session: Pick<Session, 'terminate'>
  readonly cells: FollowedCells
  readonly isExec: boolean
  readonly signal: AbortSignal | undefined
}

/** One call of `exec` or `wait`, from its start to the delivery of its response. */
export class FollowedCall {
  readonly #options: FollowedCallOptions
  readonly #controller = new AbortController()
  readonly #progress: CellProgress[] = []
  readonly #stops: (() => void)[] = []
  #response: Promise<ModelResponse> | null = null
  #isRefused = false
  #refusal: unknown = null

  constructor(options: FollowedCallOptions) {
    this.#options = options
  }

  /** The cells of the call that exist; empty until an `exec` has started its cell. */
  get cellIds(): readonly string[] {
    return this.#progress.map(({ cellId }) => cellId)
  }

  /** Whether the call failed without a response of a cell, for example because of invalid arguments. */
  get isRefused(): boolean {
    return this.#isRefused
  }

  /** The error of a refused call; null when it has none. */
  get refusal(): unknown {
    return this.#refusal
  }

  /** Follows a cell until the call has its response. A notification aborts `preempt`. */
  observe(
    progress: CellProgress,
    onProgress: (progress: Progress) => void = ignore,
    preempt: AbortController | null = null,
  ): void {
    this.#progress.push(progress)
    this.#stops.push(progress.observe({ onProgress, preempt }))
  }

  start(call: (signal: AbortSignal) => Promise<ModelResponse>): void {
    this.#response = this.#run(call)
    this.#response.catch(ignore)
  }

  /**
   * Returns the response with what its cells have reported until now, which later responses do not repeat. Rejects with the
   * reason of an abort; other errors are responses.
   */
  async deliver(): Promise<FollowedResponse> {
    const response = await this.#response
    if (response === null) return refusedResponse('the call was not started')
    if (this.#isRefused) return aboutNoCell(response)
    const taken = this.#progress.map((progress) => progress.take())
    // Of several cells some can still run; the others are forgotten when the session closes them.
    for (const { cellId } of taken) if (response.cellId === null) this.#options.cells.delete(cellId)
    return {
      ...response,
      execCallId: taken.length === 1 ? (taken[0]?.execCallId ?? null) : null,
      notifications: taken.flatMap(({ notifications }) => notifications),
      calls: taken.flatMap(({ calls }) => calls),
    }
  }

  /** Resolves when the call has its response, or has failed. Takes nothing. */
  async settled(): Promise<void> {
    await this.#response?.catch(ignore)
  }

  /** Gives the call up. The cell of an `exec` is terminated, because the model does not know its id. */
  async abandon(reason: unknown): Promise<void> {
    await this.release(reason)
    if (!this.#options.isExec) return
    const { session } = this.#options
    await Promise.all(this.cellIds.map((cellId) => session.terminate(cellId).catch(ignore)))
  }

  /** Gives the call up. Its cells keep running. */
  async release(reason: unknown): Promise<void> {
    this.#controller.abort(reason)
    await this.settled()
  }

  async #run(call: (signal: AbortSignal) => Promise<ModelResponse>): Promise<ModelResponse> {
    const { signal } = this.#options
    const abandon = (): void => void this.abandon(signal?.reason)
    if (signal?.aborted === true) abandon()
    signal?.addEventListener('abort', abandon, { once: true })
    try {
      return await call(this.#controller.signal)
    } catch (error) {
      if (this.#controller.signal.aborted) throw error
      this.#isRefused = true
      this.#refusal = error
      return errorResponse(error)
    } finally {
      signal?.removeEventListener('abort', abandon)
      for (const stop of this.#stops) stop()
    }
  }
}

/** Returns the response to a call that failed before it was about a cell. */
export function refusedResponse(error: unknown): FollowedResponse {
  return aboutNoCell(errorResponse(error))
}

function aboutNoCell(response: ModelResponse): FollowedResponse {
  return { ...response, execCallId: null, notifications: [], calls: [] }
}

function ignore(): void {}
