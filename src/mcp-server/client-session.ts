import { randomUUID } from 'node:crypto'
import { FollowedCells } from '../agent/following/followed-cells.ts'
import { ModelCellWatcher } from '../agent/following/model-cell-watcher.ts'
import { parseWaitArguments, type WaitArguments } from '../agent/input/wait-input.ts'
import { ModelTools } from '../agent/tools/model-tools.ts'
import type { EngineName } from '../protocol/engine-name.ts'
import { localPoolOf } from '../session/hosts/host-pool.ts'
import { createSession, openSession } from '../session/create-session.ts'
import { internalsOf } from '../session/session-internals.ts'
import type { Session, SessionOptions } from '../session/api/session-options.ts'
import type { ApprovalPolicyDecision } from '../session/api/approval.ts'
import type { HostPool } from '../session/api/host-pool.ts'
import { readSession } from '../storage/reports/read-sessions.ts'
import type { Tool } from '../tools/tool.ts'
import { mayWrite, programTools } from './direct-tools.ts'
import { CallsInProgress } from './calls-in-progress.ts'
import { ClientApprovals } from './approvals/client-approvals.ts'
import { ClientMemory } from './client-record.ts'
import type { CallingClient, ClientCall } from './client-call.ts'
import type { DrainTimes } from './drain-options.ts'
import { defaultMaxYieldTimeMs, type ClientTrace, type McpServerSettings } from './server-options.ts'

/** Pending notifications per cell: each is a content item of its own in the next response. */
const maxNotifications = 100

/** Minimum time for calls of tools to return when a stored session closes, in milliseconds. */
const minGraceMs = 2000

/** Maximum time for a program to yield at the end of a drain, in milliseconds. */
const yieldingMs = 1000

/** Where the session of a client is stored; empty for a session in memory. */
export type StoredSession = Pick<SessionOptions, 'storage' | 'store' | 'sessionId'> & {
  /** Whether opening fails when the session does not exist, in a shared store. */
  readonly mustExist?: boolean
}

/** The session of one client: its cells, stored values, retained output and pending approvals. No other client sees them. */
export class ClientSession implements CallingClient, AsyncDisposable {
  readonly approvals: ClientApprovals = new ClientApprovals(() => this.#session)
  /** Calls that wait for the user, by the handle that the client returns. */
  readonly parked: Map<string, ClientCall> = new Map()
  readonly instance: string = randomUUID()
  /** The facts that the next owner of a stored session needs. */
  readonly memory: ClientMemory = new ClientMemory()
  readonly #settings: McpServerSettings
  readonly #hosts: HostPool
  readonly #stored: StoredSession
  readonly calls: CallsInProgress = new CallsInProgress()
  readonly #cells = new FollowedCells({ maxNotifications })
  readonly #yielding = new AbortController()
  #watcher: Promise<ModelCellWatcher> | null = null
  #tools: readonly Tool[]
  #session: Session | null = null
  #trace: ClientTrace | null = null
  #closing: Promise<void> | null = null

  constructor(settings: McpServerSettings, hosts: HostPool, stored: StoredSession) {
    this.#stored = stored
    this.#settings = settings
    this.#hosts = hosts
    this.#tools = programTools(settings.tools)
  }

  /**
   * Whether the latest request came from a client that can ask its user. The calls of a shared session wait until its first request:
   * an earlier owner can have had another one.
   */
  get canAsk(): boolean {
    return this.memory.record.canAsk ?? this.#stored.store !== undefined
  }

  async setCanAsk(canAsk: boolean): Promise<void> {
    // A session that is lost has no effects, so its record does not matter.
    await this.memory.update({ canAsk }).catch(() => undefined)
  }

  /** Whether the client has disconnected. */
  get isClosed(): boolean {
    return this.#closing !== null
  }

  /** The session, or null until the first program. */
  get session(): Session | null {
    return this.#session
  }

  /** The engine of the cells; before the session is open, that of a new one. */
  get engine(): EngineName {
    const { engine = 'auto' } = this.#settings
    return this.#session?.engine ?? (engine === 'auto' ? localPoolOf(this.#hosts).engineName : engine)
  }

  /** The recording, or null when the client is not recorded. */
  get trace(): ClientTrace | null {
    return this.#trace
  }

  /** Opens the session for the first program. Many clients only list the tools. */
  watcher(): Promise<ModelCellWatcher> {
    this.#watcher ??= this.#open().catch((error: unknown) => {
      this.#watcher = null
      throw error
    })
    return this.#watcher
  }

  parseWait(input: unknown): WaitArguments {
    return parseWaitArguments(input, { several: this.#settings.waitPolicy !== 'exact' })
  }

  /** Ends parked calls whose cells a later call waits for. */
  async takeOver({ cellIds }: ClientCall): Promise<void> {
    const parked = [...this.parked.values()].filter((call) => call.cellIds.some((cellId) => cellIds.includes(cellId)))
    await Promise.all(parked.map((call) => call.giveWay()))
  }

  setTools(tools: readonly Tool[]): void {
    this.#tools = programTools(tools)
    this.#session?.setTools(this.#tools)
  }

  /**
   * Closes the session when no call is in progress, or when the time is over. The programs of a stored session yield before that, so
   * that the client receives the ids of cells that resume elsewhere.
   */
  async drain({ timeoutMs, yieldMs }: DrainTimes): Promise<void> {
    const endAt = performance.now() + timeoutMs
    if (this.isStored) {
      await this.calls.ended(yieldMs)
      this.#yielding.abort()
    }
    await this.calls.ended(endAt - performance.now())
    if (this.isStored) await this.calls.ended(yieldingMs)
    await this.#close(Math.max(minGraceMs, Math.floor(endAt - performance.now())))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close(minGraceMs)
  }

  /** Closes the session. Calls of tools of a stored session have `graceMs` to return. */
  async #close(graceMs: number): Promise<void> {
    await (this.#closing ??= this.#closeSession(graceMs))
  }

  async #closeSession(graceMs: number): Promise<void> {
    await this.#watcher?.catch(() => undefined)
    await this.#session?.close({ graceMs })
    await this.#trace?.close()
  }

  /** Whether a console shows the session, so that its users can decide about calls. */
  get isWatched(): boolean {
    return this.#settings.watchSession !== undefined
  }

  /** Whether another process can continue the session. */
  get isStored(): boolean {
    return this.#stored.sessionId !== undefined
  }

  /**
   * Returns the cell that the call of `exec` with this id has on record; null for none. When this process has lost the session, the
   * record is final: an earlier owner cannot write to it.
   *
   * @throws {CodecellError} when the record cannot be read
   */
  async recordedCell(callId: string): Promise<string | null> {
    const { store, sessionId } = this.#stored
    if (store === undefined || sessionId === undefined) return null
    const { cellList } = await readSession({ store, sessionId })
    return cellList.find(({ execCallId }) => execCallId === callId)?.cellId ?? null
  }

  async #open(): Promise<ModelCellWatcher> {
    const { engine = 'auto', limits, maxYieldTimeMs = defaultMaxYieldTimeMs } = this.#settings
    this.#trace ??= this.#settings.traces?.() ?? null
    const watched = this.#settings.watchSession?.() ?? null
    const { sessionId, mustExist = false } = this.#stored
    const options: SessionOptions = {
      tools: this.#tools,
      hosts: this.#hosts,
      engine,
      maxYieldTimeMs,
      listeners: [...(this.#trace?.listeners ?? []), ...(watched === null ? [] : [watched.listener])],
      approvals: {
        onBatch: this.approvals.present,
        hints: this.#settings.ask ?? 'destructive',
        decide: ({ tool }) => this.#policyFor(tool),
      },
      ...(limits === undefined ? {} : { limits }),
      onNotification: this.#cells.onNotification,
      onCellClosed: this.#cells.onCellClosed,
    }
    const { storage, store } = this.#stored
    const stored = { ...(storage === undefined ? {} : { storage }), ...(store === undefined ? {} : { store }) }
    const session =
      mustExist && store !== undefined && sessionId !== undefined
        ? await openSession({ ...options, store, sessionId })
        : await createSession({ ...options, ...stored, ...(sessionId === undefined ? {} : { sessionId }) })
    this.#session = session
    watched?.attach(session, { isStored: this.isStored })
    this.#cells.attach(session)
    await this.memory.attach(internalsOf(session)?.client ?? null)
    if (this.isClosed) await session.close()
    const { waitPolicy = 'backoff' } = this.#settings
    return new ModelCellWatcher(new ModelTools(session, { waitPolicy }), {
      cells: this.#cells,
      endsAtNotification: waitPolicy !== 'exact',
      preempt: this.#yielding.signal,
    })
  }

  /** Applies the hints of tools when the client can ask its user, or a console can. The `needsApproval` of a tool always applies. */
  #policyFor({ annotations, needsApproval }: Tool): ApprovalPolicyDecision {
    if (this.#settings.readOnly === true && annotations?.readOnlyHint !== true) {
      return { policy: 'deny', reason: mayWrite }
    }
    return this.canAsk || this.isWatched || needsApproval !== undefined ? null : 'allow'
  }
}
