import { randomUUID } from 'node:crypto'
import { refusedResponse, type FollowedCall, type FollowedResponse } from '../agent/following/followed-call.ts'
import type { ModelCellWatcher } from '../agent/following/model-cell-watcher.ts'
import type { WaitArguments } from '../agent/input/wait-input.ts'
import type { ApprovalForm } from './approvals/approval-form.ts'

/** Timeout for the response of the user to a form, in milliseconds. */
const parkedMs = 600_000

/** The arguments of a call of the model. */
export type ModelCall =
  | { readonly tool: 'exec'; readonly input: unknown }
  | { readonly tool: 'wait'; readonly args: WaitArguments }

/** The client that makes a call. */
export interface CallingClient {
  readonly isClosed: boolean
  readonly parked: Map<string, ClientCall>
  /** Distinguishes the owners of a stored session. */
  readonly instance: string
  watcher(): Promise<ModelCellWatcher>
  takeOver(call: ClientCall): Promise<void>
}

/**
 * One call of `exec` or `wait`. It can outlive the request that started it: the user is asked between two requests, and the
 * second request resumes this call, so that a program is never started twice.
 */
export class ClientCall {
  readonly #client: CallingClient
  readonly #call: ModelCall
  readonly id: string
  readonly #started: Promise<void>
  #followed: FollowedCall | null = null
  #startError: unknown = null
  #isEnded = false
  readonly #activeCellIds: string[] = []
  readonly #onCell = new Set<(cellId: string) => void>()
  #parked: { readonly handle: string; readonly timer: NodeJS.Timeout } | null = null
  #form: ApprovalForm | null = null

  constructor(client: CallingClient, call: ModelCall, callId: string) {
    this.#client = client
    this.#call = call
    this.id = callId
    this.#started = this.#start(callId).catch((error: unknown) => {
      this.#startError = error
    })
  }

  /** The cells of the call; empty until an `exec` has started its cell. */
  get cellIds(): readonly string[] {
    return this.#call.tool === 'wait' ? (this.#call.args.request?.cellIds ?? []) : this.#activeCellIds
  }

  /** Calls `onCell` with each cell that the call follows, until disposed. */
  watchCells(onCell: (cellId: string) => void): Disposable {
    this.#onCell.add(onCell)
    for (const cellId of this.#activeCellIds) onCell(cellId)
    return { [Symbol.dispose]: () => this.#onCell.delete(onCell) }
  }

  /** The error that refused the call, after it has settled; null for none. */
  get refusal(): unknown {
    return this.#followed === null ? this.#startError : this.#followed.refusal
  }

  get isExec(): boolean {
    return this.#call.tool === 'exec'
  }

  /** Resolves when the response is ready to be delivered. */
  async settled(): Promise<void> {
    await this.#started
    await this.#followed?.settled()
  }

  /** Returns the response, with notifications that no other response has delivered. Never rejects. */
  async deliver(): Promise<FollowedResponse> {
    await this.#started
    if (this.#followed === null) return refusedResponse(this.#startError)
    return await this.#followed.deliver().catch(refusedResponse)
  }

  /**
   * Gives the call up. The cell of an `exec` is terminated, because the model does not know its id; the cells of a `wait`
   * keep running. When the client disconnects, its session decides about all of its cells.
   */
  async abandon(): Promise<void> {
    this.#isEnded = true
    const reason = new Error('the client gave the call up')
    if (this.#client.isClosed) await this.#followed?.release(reason)
    else await this.#followed?.abandon(reason)
  }

  /** Ends the call for another one that waits for the same cell. The cell keeps running. */
  async giveWay(): Promise<void> {
    this.unpark()
    this.#isEnded = true
    await this.#followed?.release(new Error('another call waits for this cell'))
  }

  /** Returns the form that the client received last, once; null when there is none. */
  takeForm(): ApprovalForm | null {
    const form = this.#form
    this.#form = null
    return form
  }

  /** Keeps the call and its form for the client's next request, which passes the returned handle. It names the cells. */
  park(form: ApprovalForm): string {
    this.#form = form
    const handle = `${this.#client.instance}.${randomUUID()}.${this.cellIds.join(',')}`
    const timer = setTimeout(() => {
      this.unpark()
      void this.abandon()
    }, parkedMs).unref()
    this.#parked = { handle, timer }
    this.#client.parked.set(handle, this)
    return handle
  }

  unpark(): void {
    if (this.#parked === null) return
    clearTimeout(this.#parked.timer)
    this.#client.parked.delete(this.#parked.handle)
    this.#parked = null
  }

  async #start(callId: string): Promise<void> {
    const watcher = await this.#client.watcher()
    if (this.#call.tool === 'wait') await this.#client.takeOver(this)
    if (this.#isEnded) throw new Error('the call was given up before it started')
    this.#followed =
      this.#call.tool === 'wait'
        ? watcher.wait(this.#call.args, { callId })
        : watcher.exec(this.#call.input, { callId, onStarted: (cellId) => this.#activate(cellId) })
    if (this.#call.tool === 'wait') for (const cellId of this.cellIds) this.#activate(cellId)
  }

  #activate(cellId: string): void {
    this.#activeCellIds.push(cellId)
    for (const onCell of this.#onCell) onCell(cellId)
  }
}
