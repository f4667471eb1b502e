import { createExecAndWait, type ExecAndWait, type ExecAndWaitOptions } from '../../agent/tools/exec-and-wait.ts'
import { execDescription } from '../../agent/tools/exec-description.ts'
import { errorResponse, type ModelResponse } from '../../agent/response/response.ts'
import { patienceOptionNames, type PatienceOptions } from '../../agent/tools/wait-backoff.ts'
import type { WaitToolSpec } from '../../agent/tools/wait-tool.ts'
import { waitInputOf } from '../../agent/input/wait-input.ts'
import type { ApprovalBatch } from '../../session/api/approval.ts'
import { checkApprovalOptions } from '../../session/approvals/policy.ts'
import { callListener } from '../../session/cell/calling-back.ts'
import { createSession } from '../../session/session.ts'
import type { Notification, Session, SessionOptions } from '../../session/api/session-options.ts'
import type { Catalogue } from '../../tools/catalogue.ts'
import type { Tool, ToolCallContext } from '../../tools/tool.ts'
import { HeldApprovals } from './held-approvals.ts'
import { WatchedCell, type Progress, type WatchedCall } from './cell-progress.ts'
import type { OptionNames } from '../../options/check-options.ts'
import { sessionOptionNames } from '../../session/api/option-names.ts'

/** The options of a session, but for its tools, and the highest output budget a model can ask for, in tokens. */
export type DoorOptions = Omit<SessionOptions, 'tools'> & PatienceOptions & { readonly maxOutputTokensCap?: number }

const { tools: _tools, ...ofSession } = sessionOptionNames

export const doorOptionNames: OptionNames<DoorOptions> = {
  ...ofSession,
  ...patienceOptionNames,
  maxOutputTokensCap: 'any',
}

/** A response with what came beside it: notifications since the last answer, and calls that wait for a person. */
export type DoorAnswer = ModelResponse &
  Pick<Progress, 'notifications' | 'calls'> & {
    /** The call of `exec` that started the cell. Null: there is no such cell. */
    readonly execCallId: string | null
    readonly approvals: readonly ApprovalBatch[]
  }

export type DoorCall = {
  /** The model's id of the call. */
  readonly callId: string
  readonly signal?: AbortSignal
  /** The tools of the cell, where they are not the session's. */
  readonly tools?: readonly Tool[]
  readonly onProgress?: (progress: Progress) => void
}

/** How approvals are asked for where the embedder gave no handler: between turns, or, if it does not hold them, not at all. */
export type ApprovalFlow = 'between-turns' | 'none'

/** What all SDKs share: a session with `exec` and `wait`, and what has to reach the model beside their output. */
export class Door implements AsyncDisposable {
  readonly session: Session
  readonly #execAndWait: ExecAndWait
  readonly #shared: Shared
  readonly #catalogues = new WeakMap<readonly Tool[], Catalogue>()
  #starting: Promise<void> = Promise.resolve()

  /** Made by `open`. */
  constructor(session: Session, execAndWait: ExecAndWait, shared: Shared) {
    this.session = session
    this.#execAndWait = execAndWait
    this.#shared = shared
  }

  static async open(tools: readonly Tool[], options: DoorOptions, flow: ApprovalFlow): Promise<Door> {
    const { maxOutputTokensCap, waitPolicy, waitFloorMs, waitCeilingMs, ...sessionOptions } = options
    const shared = new Shared(options)
    const isHolding = holds(options, flow)
    const session = await createSession({
      ...sessionOptions,
      ...(isHolding ? { approvals: { ...options.approvals, hold: true } } : {}),
      tools,
      onNotification: shared.onNotification,
      onCellClosed: shared.onCellClosed,
    })
    try {
      if (isHolding) shared.hold(new HeldApprovals(session))
      const given = { maxOutputTokensCap, waitPolicy, waitFloorMs, waitCeilingMs }
      return new Door(session, createExecAndWait(session, definedOf(given)), shared)
    } catch (error) {
      await session.close()
      throw error
    }
  }

  /** Calls that wait for a person; null where a handler of the embedder is asked, or nobody. */
  get approvals(): HeldApprovals | null {
    return this.#shared.approvals
  }

  describeExec(): string {
    return this.#execAndWait.describeExec()
  }

  get waitSpec(): WaitToolSpec {
    return this.#execAndWait.waitSpec
  }

  /** What a model is told about `exec` with these tools. Cells get them where `exec` is given the same list. */
  describeExecWith(tools: readonly Tool[]): string {
    return execDescription(this.#catalogueOf(tools))
  }

  /** Never throws but for an abort; then the cell, which nobody knows of, is terminated. */
  async exec(input: unknown, { callId, signal, onProgress = ignore, tools }: DoorCall): Promise<DoorAnswer> {
    const isStarted = await this.#turnToStart()
    const preempt = new AbortController()
    let started: string | null = null
    let stopObserving = ignore
    const onStarted = (cellId: string): void => {
      isStarted()
      started = cellId
      stopObserving = this.#shared.started(cellId, callId).observe(preempt, onProgress)
    }
    const names = this.#shared.namesOf(callId)
    const options = { ...names, preempt: preempt.signal, onStarted, ...(signal === undefined ? {} : { signal }) }
    try {
      if (tools !== undefined) this.#use(this.#catalogueOf(tools))
      const response = await this.#execAndWait.exec(input, options)
      return this.#shared.answer(response, started === null ? [] : [started])
    } catch (error) {
      if (signal?.aborted === true) this.#abandon(started)
      return refused(error, signal)
    } finally {
      isStarted()
      stopObserving()
    }
  }

  /** Never throws but for an abort; the cell goes on then. */
  async wait(input: unknown, { callId, signal, onProgress = ignore }: DoorCall): Promise<DoorAnswer> {
    const preempt = new AbortController()
    const cellIds = waitInputOf(input)?.cellIds ?? []
    for (const cellId of this.session.cells()) if (cellIds.includes(cellId)) this.#shared.watched(cellId, null)
    const stops = cellIds.map((cellId) =>
      this.#shared.known(cellId)?.observe(preempt, onProgress, this.#shared.tellsByWait),
    )
    // What came while nobody waited is news for the model, not something to wait for.
    if (cellIds.some((cellId) => this.approvals?.hasNews(cellId) === true)) preempt.abort()
    const options = {
      ...this.#shared.namesOf(callId),
      preempt: preempt.signal,
      ...(signal === undefined ? {} : { signal }),
    }
    try {
      return this.#shared.answer(await this.#execAndWait.wait(input, options), cellIds)
    } catch (error) {
      return refused(error, signal)
    } finally {
      for (const stop of stops) stop?.()
    }
  }

  /** Tells who observes the cell about one of its calls. */
  callChanged({ cellId, callId }: ToolCallContext, change: Omit<WatchedCall, 'callId'>): void {
    this.#shared.known(cellId)?.callChanged({ callId, ...change })
  }

  /** Between choosing a cell's tools and its start, which is looked over before, no other cell chooses. */
  async #turnToStart(): Promise<() => void> {
    const before = this.#starting
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#starting = promise
    await before
    return resolve
  }

  #use(catalogue: Catalogue): void {
    if (catalogue !== this.session.catalogue) this.session.setTools(catalogue)
  }

  #catalogueOf(tools: readonly Tool[]): Catalogue {
    const known = this.#catalogues.get(tools)
    if (known !== undefined) return known
    // Only a session makes catalogues as it needs them; the cell that starts just now keeps the one it chose.
    const current = this.session.catalogue
    this.session.setTools(tools)
    const { catalogue } = this.session
    this.session.setTools(current)
    this.#catalogues.set(tools, catalogue)
    return catalogue
  }

  #abandon(cellId: string | null): void {
    // What the cell would have said interests nobody any more, and neither does how its end went.
    if (cellId !== null) this.session.terminate(cellId).catch(ignore)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session.close()
  }
}

function holds({ approvals = {} }: DoorOptions, flow: ApprovalFlow): boolean {
  checkApprovalOptions(approvals)
  if (approvals.onRequest !== undefined || approvals.onBatch !== undefined) return false
  return flow === 'between-turns' || approvals.hold === true
}

/** What the session tells and what the calls ask for, by cell. */
class Shared {
  #approvals: HeldApprovals | null = null
  readonly #cells = new Map<string, WatchedCell>()
  readonly #options: DoorOptions

  constructor(options: DoorOptions) {
    this.#options = options
  }

  get approvals(): HeldApprovals | null {
    return this.#approvals
  }

  hold(approvals: HeldApprovals): void {
    this.#approvals = approvals
  }

  /** A call that the framework makes again after a crash is the same request, where the session outlives the crash. */
  namesOf(callId: string): { readonly callId: string; readonly requestId?: string } {
    return this.#options.storage === undefined ? { callId } : { callId, requestId: callId }
  }

  known(cellId: string): WatchedCell | undefined {
    return this.#cells.get(cellId)
  }

  /** A cell that goes on and may have been started by an earlier process. */
  watched(cellId: string, execCallId: string | null): WatchedCell {
    return this.known(cellId) ?? this.started(cellId, execCallId)
  }

  started(cellId: string, execCallId: string | null): WatchedCell {
    const cell = new WatchedCell(cellId, execCallId)
    this.#cells.set(cellId, cell)
    return cell
  }

  readonly onNotification = async (notification: Notification, options: { signal: AbortSignal }): Promise<void> => {
    this.watched(notification.cellId, notification.execCallId).notify(notification.text)
    await this.#options.onNotification?.(notification, options)
  }

  readonly onCellClosed = (cellId: string): void => {
    this.#approvals?.forget(cellId)
    // The answer that tells of the end is still on its way.
    setImmediate(() => this.#cells.delete(cellId))
    callListener('onCellClosed', () => this.#options.onCellClosed?.(cellId))
  }

  /** Whether a notification reaches the model with the answer of `wait` only, so that it has to end it. */
  get tellsByWait(): boolean {
    return this.#options.waitPolicy !== 'exact' && this.#options.onNotification === undefined
  }

  answer(response: ModelResponse, cellIds: readonly string[]): DoorAnswer {
    const taken = cellIds.flatMap((cellId) => this.known(cellId)?.take() ?? [])
    const approvals = cellIds.flatMap((cellId) => this.#approvals?.present(cellId) ?? [])
    // Of several cells some may go on; those that do not are forgotten when they are closed.
    for (const cellId of cellIds) if (response.cellId === null) this.#cells.delete(cellId)
    return {
      ...response,
      execCallId: taken.length === 1 ? (taken[0]?.execCallId ?? null) : null,
      notifications: taken.flatMap(({ notifications }) => notifications),
      calls: taken.flatMap(({ calls }) => calls),
      approvals,
    }
  }
}

/** Options without those that were not given. */
function definedOf(given: {
  readonly [Name in keyof ExecAndWaitOptions]: ExecAndWaitOptions[Name] | undefined
}): ExecAndWaitOptions {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}

/** What comes beside the answer about a cell that nobody knows. */
const nothing = { execCallId: null, notifications: [], calls: [] } as const

/** The answer for a call that was refused; what an aborted call threw is thrown on. */
function refused(error: unknown, signal: AbortSignal | undefined): DoorAnswer {
  if (signal?.aborted === true) throw error
  return { ...errorResponse(error), ...nothing, approvals: [] }
}

function ignore(): void {}
