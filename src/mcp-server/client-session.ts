import { createExecAndWait, type ExecAndWait } from '../agent/tools/exec-and-wait.ts'
import { createSession } from '../session/session.ts'
import type { Session } from '../session/api/session-options.ts'
import type { ApprovalPolicyDecision } from '../session/api/approval.ts'
import type { HostPool } from '../session/api/host-pool.ts'
import type { Tool } from '../tools/tool.ts'
import { mayWrite, programTools } from './direct-tools.ts'
import { Notes } from './notes.ts'
import type { CallingClient, Observation } from './observation.ts'
import { ApprovalDesk } from './approval-desk.ts'
import { defaultMaxYieldTimeMs, type ClientTrace, type McpServerSettings } from './server-options.ts'

/** What one client has: its cells, stored values, kept output, and the people it can ask. No other client sees them. */
export class ClientSession implements CallingClient, AsyncDisposable {
  readonly notes: Notes = new Notes()
  readonly approvals: ApprovalDesk = new ApprovalDesk(() => this.#session)
  /** Calls that wait for a person, by the handle that the client brings back. */
  readonly parked: Map<string, Observation> = new Map()
  /** Whether the latest request came from a client that can ask a person. */
  canAsk = false
  readonly #settings: McpServerSettings
  readonly #hosts: HostPool
  /** What the session is called where sessions are durable; null: this one is not. */
  readonly #name: string | null
  #model: Promise<ExecAndWait> | null = null
  #tools: readonly Tool[]
  #session: Session | null = null
  #trace: ClientTrace | null = null
  #closing: Promise<void> | null = null

  constructor(settings: McpServerSettings, hosts: HostPool, name: string | null) {
    this.#name = name
    this.#settings = settings
    this.#hosts = hosts
    this.#tools = programTools(settings.tools)
  }

  /** Whether the client has left. */
  get isClosed(): boolean {
    return this.#closing !== null
  }

  /** The session, null as long as nothing was run. */
  get session(): Session | null {
    return this.#session
  }

  /** Whether what a cell notifies ends a `wait` for it: the model reads it with the answer only. */
  get isPatient(): boolean {
    return this.#settings.waitPolicy !== 'exact'
  }

  /** The recording, null when there is none. */
  get trace(): ClientTrace | null {
    return this.#trace
  }

  /** Opens the session when the first program comes: many clients only look at the list of tools. */
  model(): Promise<ExecAndWait> {
    this.#model ??= this.#open().catch((error: unknown) => {
      this.#model = null
      throw error
    })
    return this.#model
  }

  /** A call whose question nobody has answered makes room for a later one that waits for one of its cells. */
  async takeOver({ cellIds }: Observation): Promise<void> {
    const parked = [...this.parked.values()].filter((observation) =>
      observation.cellIds.some((cellId) => cellIds.includes(cellId)),
    )
    await Promise.all(parked.map((observation) => observation.giveWay()))
  }

  setTools(tools: readonly Tool[]): void {
    this.#tools = programTools(tools)
    this.#session?.setTools(this.#tools)
  }

  /** Further calls wait for the same end. */
  async [Symbol.asyncDispose](): Promise<void> {
    await (this.#closing ??= this.#close())
  }

  async #close(): Promise<void> {
    await this.#model?.catch(() => undefined)
    await this.#session?.close()
    await this.#trace?.close()
  }

  async #open(): Promise<ExecAndWait> {
    const { limits, storage, maxYieldTimeMs = defaultMaxYieldTimeMs } = this.#settings
    this.#trace ??= this.#settings.traces?.() ?? null
    const session = await createSession({
      tools: this.#tools,
      hosts: this.#hosts,
      maxYieldTimeMs,
      listeners: this.#trace?.listeners ?? [],
      approvals: {
        onBatch: this.approvals.present,
        hints: this.#settings.ask ?? 'destructive',
        decide: ({ tool }) => this.#policyFor(tool),
      },
      ...(limits === undefined ? {} : { limits }),
      ...(storage === undefined || this.#name === null ? {} : { storage, sessionId: this.#name }),
      onNotification: ({ cellId, text }) => this.notes.add(cellId, text),
    })
    this.#session = session
    if (this.isClosed) await session.close()
    const { waitPolicy = 'patient' } = this.#settings
    return createExecAndWait(session, { waitPolicy })
  }

  /** Hints are followed where somebody can be asked; what a tool itself wants holds everywhere. */
  #policyFor({ annotations, needsApproval }: Tool): ApprovalPolicyDecision {
    if (this.#settings.readOnly === true && annotations?.readOnlyHint !== true) {
      return { policy: 'deny', reason: mayWrite }
    }
    return this.canAsk || needsApproval !== undefined ? null : 'allow'
  }
}
