import { randomUUID } from 'node:crypto'
import type { ExecAndWait } from '../agent/tools/exec-and-wait.ts'
import { errorResponse, type ModelResponse } from '../agent/response/response.ts'
import { waitInputOf } from '../agent/input/wait-input.ts'
import type { FollowEvent } from '../session/api/follow-event.ts'
import type { ApprovalForm } from './approval-form.ts'
import { CellWatcher, type SessionHolder } from './cell-watcher.ts'
import type { Notes } from './notes.ts'

/** How long a `wait` that a notification ends stays for what may come with it, in milliseconds. */
const settleMs = 50

/** How long a client may take to bring the answer of a person, in milliseconds. */
const parkedMs = 600_000

/** The client of a call. */
export interface CallingClient extends SessionHolder {
  readonly isClosed: boolean
  /** Whether a notification ends a `wait`. */
  readonly isPatient: boolean
  readonly notes: Notes
  readonly parked: Map<string, Observation>
  model(): Promise<ExecAndWait>
  takeOver(call: Observation): Promise<void>
}

/**
 * One call of `exec` or `wait`. It can outlive the request it began with: a person is asked between two requests, and
 * the second goes on with this, so that no program is ever started twice.
 */
export class Observation {
  readonly response: Promise<ModelResponse>
  readonly #client: CallingClient
  readonly #isExec: boolean
  readonly #controller = new AbortController()
  #cellIds: readonly string[] = []
  readonly #watchers = new Set<CellWatcher>()
  #parked: { readonly handle: string; readonly timer: NodeJS.Timeout } | null = null
  #form: ApprovalForm | null = null

  constructor(client: CallingClient, name: 'exec' | 'wait', input: unknown, callId: string) {
    this.#client = client
    this.#isExec = name === 'exec'
    if (!this.#isExec) this.#cellIds = waitInputOf(input)?.cellIds ?? []
    this.response = this.#run(input, callId).catch((error: unknown) => errorResponse(error))
  }

  /** The cells that are watched; none until that of an `exec` has started. */
  get cellIds(): readonly string[] {
    return this.#cellIds
  }

  /** Hears what the watched cells do until it is disposed. */
  watch(hear: (event: FollowEvent) => void): Disposable {
    const watcher = new CellWatcher(this.#client, hear)
    this.#watchers.add(watcher)
    if (!this.#isExec || this.#cellIds.length > 0) watcher.watch(this.#cellIds)
    return {
      [Symbol.dispose]: () => {
        this.#watchers.delete(watcher)
        watcher[Symbol.dispose]()
      },
    }
  }

  #started(cellId: string): void {
    this.#cellIds = [cellId]
    for (const watcher of this.#watchers) watcher.watch(this.#cellIds)
  }

  /**
   * Nobody waits for this answer any more. The cell of an `exec` is terminated, because its id has not been told to
   * anybody; that of a `wait` goes on. When the client itself leaves, its session says what becomes of its cells.
   */
  async giveUp(): Promise<void> {
    this.#controller.abort(new Error('the client gave the call up'))
    if (!this.#isExec || this.#client.isClosed) return
    await this.response
    for (const cellId of this.#cellIds) await this.#client.session?.terminate(cellId).catch(() => undefined)
  }

  /** The question that the client took with it, once; null: none. */
  takeForm(): ApprovalForm | null {
    const form = this.#form
    this.#form = null
    return form
  }

  /** Keeps the call, and what a person is asked, for the client's next request, which names both by the handle. */
  park(form: ApprovalForm): string {
    this.#form = form
    const handle = randomUUID()
    const timer = setTimeout(() => {
      this.unpark()
      void this.giveUp()
    }, parkedMs).unref()
    this.#parked = { handle, timer }
    this.#client.parked.set(handle, this)
    return handle
  }

  /** Lets another call watch the cell, which goes on. */
  async giveWay(): Promise<void> {
    this.unpark()
    this.#controller.abort(new Error('another call goes on with this cell'))
    await this.response
  }

  unpark(): void {
    if (this.#parked === null) return
    clearTimeout(this.#parked.timer)
    this.#client.parked.delete(this.#parked.handle)
    this.#parked = null
  }

  async #run(input: unknown, callId: string): Promise<ModelResponse> {
    const model = await this.#client.model()
    const { signal } = this.#controller
    if (!this.#isExec) await this.#client.takeOver(this)
    signal.throwIfAborted()
    if (!this.#isExec) return await this.#wait(model, input, callId)
    return await model.exec(input, { signal, callId, onStarted: (cellId) => this.#started(cellId) })
  }

  /** A notification ends it: the model reads it with the answer. */
  async #wait(model: ExecAndWait, input: unknown, callId: string): Promise<ModelResponse> {
    const { signal } = this.#controller
    const said = new AbortController()
    const { notes, isPatient } = this.#client
    if (!isPatient) return await model.wait(input, { signal, callId })
    const hear = (cellId: string): void => {
      if (this.#cellIds.includes(cellId)) setTimeout(() => said.abort(), settleMs).unref()
    }
    using listening = notes.listen(hear)
    if (this.#cellIds.some((cellId) => notes.has(cellId))) said.abort()
    const response = await model.wait(input, { signal, callId, preempt: said.signal })
    void listening
    return response
  }
}
