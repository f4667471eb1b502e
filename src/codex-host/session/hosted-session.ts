import { CodecellError } from '../../errors.ts'
import type { HostPool } from '../../session/api/host-pool.ts'
import { limitRanges, type Limits } from '../../session/common/limits.ts'
import type { CellOutcome } from '../../session/api/outcome.ts'
import { createSession } from '../../session/create-session.ts'
import type { CellNotification, Session } from '../../session/api/session-options.ts'
import { responseOf, type CodexResponse, type Truncation } from './response.ts'
import { catalogueOf, type EnabledTool, type Invocation } from './enabled-tools.ts'
import { RememberedCatalogue } from './remembered-catalogue.ts'

/** The requests of a session to the agent at the other end. */
export interface Delegate {
  invoke(invocation: Invocation, options: { readonly signal: AbortSignal }): Promise<unknown>
  /** Resolves when the agent has received the text; the end of the cell waits for that. */
  notify(notification: CellNotification, options: { readonly signal: AbortSignal }): Promise<void>
  /** Called when the cell is closed; nothing about it follows. */
  cellClosed(cellId: string): void
}

export type HostedSessionOptions = {
  readonly hosts: HostPool
  readonly delegate: Delegate
  readonly truncation: Truncation
  /** Null: no cap. */
  readonly maxYieldTimeMs: number | null
  /** Null: the default limit of codecell. */
  readonly maxHeapSizeBytes: number | null
}

export type ExecuteRequest = {
  /** Null: the tools are those of this request. */
  readonly catalogRevision: bigint | null
  readonly toolCallId: string
  readonly tools: readonly EnabledTool[]
  readonly source: string
  readonly yieldTimeMs: number | null
  readonly maxOutputTokens: number | null
}

export type ExecuteCallbacks = {
  readonly preempt: AbortSignal
  readonly onStarted: (cellId: string) => void
  readonly onResponse: (response: CodexResponse) => void
}

export type WaitRequest = {
  readonly cellId: string
  readonly yieldTimeMs: number
  readonly maxOutputTokens: number | null
}

export type WaitCallbacks = {
  readonly signal: AbortSignal
  readonly preempt: AbortSignal
  readonly onResponse: (response: CodexResponse) => void
}

export type TerminateRequest = { readonly cellId: string; readonly maxOutputTokens: number | null }

/** A session that serves an agent in the terms of the reference, over any of its protocols. */
export class HostedSession {
  readonly #session: Session
  readonly #options: HostedSessionOptions
  readonly #closings: CellClosings
  readonly #responding = new Set<Promise<void>>()
  /** Pending terminations, by cell. */
  readonly #terminating = new Map<string, Promise<void>>()
  readonly #catalogue = new RememberedCatalogue()
  #toolsKey = ''
  #tools: readonly EnabledTool[] | null = null

  private constructor(session: Session, options: HostedSessionOptions, closings: CellClosings) {
    this.#session = session
    this.#options = options
    this.#closings = closings
  }

  static async open(options: HostedSessionOptions): Promise<HostedSession> {
    const { hosts, delegate, truncation, maxYieldTimeMs, maxHeapSizeBytes } = options
    const closings = new CellClosings((cellId) => delegate.cellClosed(cellId))
    const session = await createSession({
      hosts,
      limits: { ...limits, ...memoryLimit(maxHeapSizeBytes) },
      deadlock: 'wait',
      overflow: truncation === 'server' ? 'cut' : 'fail',
      ...(maxYieldTimeMs === null ? {} : { maxYieldTimeMs }),
      onNotification: (notification, { signal }) => delegate.notify(notification, { signal }),
      onCellClosed: (cellId) => closings.closed(cellId),
    })
    return new HostedSession(session, options, closings)
  }

  /**
   * Calls `onStarted` before it returns, and `onResponse` with the first response.
   *
   * @throws {CatalogueRevisionError} When the session cannot use the revision of the request
   */
  async execute(request: ExecuteRequest, { preempt, onStarted, onResponse }: ExecuteCallbacks): Promise<void> {
    this.#useTools(this.#catalogue.resolve(request.catalogRevision, request.tools))
    let cell = ''
    const outcome = this.#session.execute(request.source, {
      callId: request.toolCallId,
      preempt,
      ...(request.yieldTimeMs === null ? {} : { yieldTimeMs: request.yieldTimeMs }),
      onStarted: (cellId) => {
        cell = cellId
        this.#closings.enter(cellId)
        onStarted(cellId)
      },
    })
    await this.#observed(cell, outcome, request.maxOutputTokens, onResponse)
  }

  async wait({ cellId, yieldTimeMs, maxOutputTokens }: WaitRequest, callbacks: WaitCallbacks): Promise<void> {
    const { signal, preempt, onResponse } = callbacks
    this.#closings.enter(cellId)
    const outcome = this.#session.observe(cellId, { yieldTimeMs, signal, preempt })
    await this.#observed(cellId, outcome, maxOutputTokens, onResponse)
  }

  async terminate(
    { cellId, maxOutputTokens }: TerminateRequest,
    onResponse: (response: CodexResponse) => void,
  ): Promise<void> {
    this.#closings.enter(cellId)
    const work = this.#respond(cellId, this.#session.terminate(cellId), maxOutputTokens, onResponse)
    const settled = work.catch(() => undefined)
    // A second termination fails at once.
    if (!this.#terminating.has(cellId)) this.#terminating.set(cellId, settled)
    try {
      await work
    } finally {
      if (this.#terminating.get(cellId) === settled) this.#terminating.delete(cellId)
    }
  }

  /** Terminates all cells, responds to all waits, then resolves. */
  async close(): Promise<void> {
    await this.#session.close()
    await Promise.allSettled(this.#responding)
  }

  /** An agent sends the same tools with almost every execute; hosts receive them only when they change. */
  #useTools(tools: readonly EnabledTool[]): void {
    if (tools === this.#tools) return
    this.#tools = tools
    const key = JSON.stringify(tools)
    if (key === this.#toolsKey) return
    const { delegate } = this.#options
    this.#session.setTools(catalogueOf(tools, (invocation, options) => delegate.invoke(invocation, options)))
    this.#toolsKey = key
  }

  /** Responds to an observation: after the termination that ended it, as in the reference. */
  async #observed(
    cellId: string,
    outcome: Promise<CellOutcome>,
    maxOutputTokens: number | null,
    onResponse: (response: CodexResponse) => void,
  ): Promise<void> {
    const inOrder = outcome.then(async (known) => {
      if (known.type === 'terminated') await this.#terminating.get(cellId)
      return known
    })
    await this.#respond(cellId, inOrder, maxOutputTokens, onResponse)
  }

  async #respond(
    cellId: string,
    outcome: Promise<CellOutcome>,
    maxOutputTokens: number | null,
    onResponse: (response: CodexResponse) => void,
  ): Promise<void> {
    const work = outcome.then((known) => onResponse(responseOf(known, this.#options.truncation, maxOutputTokens)))
    this.#responding.add(work)
    try {
      await work
    } finally {
      this.#responding.delete(work)
      this.#closings.leave(cellId)
    }
  }
}

/** Notifies an agent of a closed cell after all pending responses about it. */
class CellClosings {
  readonly #notify: (cellId: string) => void
  readonly #entered = new Map<string, number>()
  readonly #closed = new Set<string>()

  constructor(tell: (cellId: string) => void) {
    this.#notify = tell
  }

  enter(cellId: string): void {
    this.#entered.set(cellId, (this.#entered.get(cellId) ?? 0) + 1)
  }

  leave(cellId: string): void {
    const left = (this.#entered.get(cellId) ?? 1) - 1
    if (left > 0) {
      this.#entered.set(cellId, left)
      return
    }
    this.#entered.delete(cellId)
    if (this.#closed.delete(cellId)) this.#notify(cellId)
  }

  closed(cellId: string): void {
    if (this.#entered.has(cellId)) this.#closed.add(cellId)
    else this.#notify(cellId)
  }
}

/** The reference has few limits. These are the maximum of each limit that a program of an agent could reach. */
const limits: Partial<Limits> = {
  maxMemoryMbPerCell: 512,
  maxCpuMsPerCell: 600_000,
  maxSourceBytes: limitRanges.maxSourceBytes.max,
  maxUnreadOutputBytesPerCell: limitRanges.maxUnreadOutputBytesPerCell.max,
  maxToolCallsPerCell: limitRanges.maxToolCallsPerCell.max,
  maxInputBytesPerCall: limitRanges.maxInputBytesPerCall.max,
  maxResultBytesPerCall: limitRanges.maxResultBytesPerCall.max,
  toolTimeoutMs: limitRanges.toolTimeoutMs.max,
  maxNotificationsPerCell: limitRanges.maxNotificationsPerCell.max,
  maxStoredValueChars: limitRanges.maxStoredValueChars.max,
  maxStoredCharsPerSession: limitRanges.maxStoredCharsPerSession.max,
  maxStoredKeysPerSession: limitRanges.maxStoredKeysPerSession.max,
  maxTimersPerCell: limitRanges.maxTimersPerCell.max,
  maxCellsPerSession: limitRanges.maxCellsPerSession.max,
}

function memoryLimit(maxHeapSizeBytes: number | null): Partial<Limits> {
  if (maxHeapSizeBytes === null) return {}
  const { min, max } = limitRanges.maxMemoryMbPerCell
  return { maxMemoryMbPerCell: Math.min(Math.max(Math.ceil(maxHeapSizeBytes / 2 ** 20), min), max) }
}

/** Returns the error for a request about an unknown session. */
export function unknownSession(sessionId: string): CodecellError {
  return new CodecellError('SESSION_CLOSED', `unknown code-mode session ${sessionId}`)
}
