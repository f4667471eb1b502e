import type { ObservedCall } from '../../agent/following/cell-progress.ts'
import { refusedResponse, type FollowedCall, type FollowedResponse } from '../../agent/following/followed-call.ts'
import { FollowedCells } from '../../agent/following/followed-cells.ts'
import { ModelCellWatcher, type FollowOptions } from '../../agent/following/model-cell-watcher.ts'
import type { WaitArguments } from '../../agent/input/wait-input.ts'
import type { CodeModeToolsOptions } from '../../agent/tools/code-mode-options.ts'
import { ModelTools } from '../../agent/tools/model-tools.ts'
import { waitTimingOptionNames, type WaitTimingOptions } from '../../agent/tools/wait-backoff.ts'
import type { WaitToolSpec } from '../../agent/tools/wait-tool.ts'
import type { OptionNames } from '../../options/check-options.ts'
import type { ApprovalBatch } from '../../session/api/approval.ts'
import { sessionOptionNames } from '../../session/api/option-names.ts'
import type { CellNotification, Session, SessionOptions } from '../../session/api/session-options.ts'
import { checkApprovalOptions } from '../../session/approvals/policy.ts'
import { callListener } from '../../session/common/call-listener.ts'
import { createSession } from '../../session/create-session.ts'
import type { Tool, ToolCallContext } from '../../tools/tool.ts'
import { HeldApprovals } from './held-approvals.ts'
import { ToolLists } from './tool-lists.ts'

/** The options that all integrations share: those of a session without its tools, and those of `exec` and `wait`. */
export type CodeModeCoreOptions = Omit<SessionOptions, 'tools'> &
  WaitTimingOptions & {
    /**
     * The maximum output of a response in tokens, whatever the model requests.
     *
     * @default 25000
     */
    readonly maxOutputTokensCap?: number
  }

const { tools: _tools, ...ofSession } = sessionOptionNames

export const codeModeCoreOptionNames: OptionNames<CodeModeCoreOptions> = {
  ...ofSession,
  ...waitTimingOptionNames,
  maxOutputTokensCap: 'any',
}

/** A response with what its cells reported, and the calls that wait for a decision. */
export type CodeModeResponse = FollowedResponse & { readonly approvals: readonly ApprovalBatch[] }

export type CodeModeExecOptions = FollowOptions & {
  /** The tools of the cell when they differ from those of the session. */
  readonly tools?: readonly Tool[]
}

/** How approvals are requested when the embedder passes no handler. `none`: only when it asks to hold them. */
export type ApprovalFlow = 'between-turns' | 'none'

/** The core of all integrations: a session with `exec` and `wait`, and what must reach the model with their output. */
export class CodeModeCore implements AsyncDisposable {
  readonly session: Session
  /** Calls that wait for a decision; null when a handler of the embedder decides, or approvals are not held. */
  readonly approvals: HeldApprovals | null
  readonly #watcher: ModelCellWatcher
  readonly #cells: FollowedCells
  readonly #toolLists: ToolLists

  private constructor(watcher: ModelCellWatcher, cells: FollowedCells, approvals: HeldApprovals | null) {
    this.session = watcher.tools.session
    this.approvals = approvals
    this.#watcher = watcher
    this.#cells = cells
    this.#toolLists = new ToolLists(this.session)
  }

  static async open(tools: readonly Tool[], options: CodeModeCoreOptions, flow: ApprovalFlow): Promise<CodeModeCore> {
    const { maxOutputTokensCap, waitPolicy, waitBackoff, ...sessionOptions } = options
    const cells = new FollowedCells()
    const isHolding = holds(options, flow)
    let approvals: HeldApprovals | null = null
    const session = await createSession({
      ...sessionOptions,
      ...(isHolding ? { approvals: { ...options.approvals, hold: true } } : {}),
      tools,
      async onNotification(notification: CellNotification, context) {
        cells.onNotification(notification)
        await options.onNotification?.(notification, context)
      },
      onCellClosed(cellId) {
        approvals?.forget(cellId)
        cells.onCellClosed(cellId)
        callListener('onCellClosed', () => options.onCellClosed?.(cellId))
      },
    })
    try {
      cells.attach(session)
      const held = isHolding ? new HeldApprovals(session) : null
      approvals = held
      const modelTools = new ModelTools(session, definedOf({ maxOutputTokensCap, waitPolicy, waitBackoff }))
      const watcher = new ModelCellWatcher(modelTools, {
        cells,
        // With a handler the embedder delivers notifications itself.
        endsAtNotification: waitPolicy !== 'exact' && options.onNotification === undefined,
        // A call that the framework repeats after a crash is the same request if the session survived the crash.
        isRepeatable: options.storage !== undefined || options.store !== undefined,
        hasNewApprovals: (cellId) => held?.hasNews(cellId) === true,
      })
      return new CodeModeCore(watcher, cells, held)
    } catch (error) {
      await session.close()
      throw error
    }
  }

  describeExec(): string {
    return this.#watcher.tools.describeExec()
  }

  /** Returns the description of `exec` with these tools. Cells receive them when `exec` gets the same list. */
  describeExecWith(tools: readonly Tool[]): string {
    return this.#watcher.tools.describeExecWith(this.#toolLists.catalogueOf(tools))
  }

  get waitSpec(): WaitToolSpec {
    return this.#watcher.tools.waitSpec
  }

  parseWait(input: unknown): WaitArguments {
    return this.#watcher.tools.parseWait(input)
  }

  /** Rejects only with the reason of an abort, which terminates the cell: the model does not know its id. */
  async exec(input: unknown, { tools, ...options }: CodeModeExecOptions): Promise<CodeModeResponse> {
    const onStarted = await this.#toolLists.turnToStart()
    try {
      if (tools !== undefined) this.#toolLists.use(tools)
    } catch (error) {
      onStarted()
      return { ...refusedResponse(error), approvals: [] }
    }
    try {
      const call = this.#watcher.exec(input, { ...options, onStarted })
      return this.#withApprovals(await call.deliver(), call)
    } finally {
      onStarted()
    }
  }

  /** Rejects only with the reason of an abort. The cells keep running. */
  async wait(args: WaitArguments, options: FollowOptions): Promise<CodeModeResponse> {
    const call = this.#watcher.wait(args, options)
    return this.#withApprovals(await call.deliver(), call)
  }

  /** Reports a nested call to the watchers of its cell. */
  callChanged({ cellId, callId }: ToolCallContext, change: Omit<ObservedCall, 'callId'>): void {
    this.#cells.get(cellId)?.callChanged({ callId, ...change })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session.close()
  }

  #withApprovals(response: FollowedResponse, { cellIds, isRefused }: FollowedCall): CodeModeResponse {
    const approvals = isRefused ? [] : cellIds.flatMap((cellId) => this.approvals?.present(cellId) ?? [])
    return { ...response, approvals }
  }
}

function holds({ approvals = {} }: CodeModeCoreOptions, flow: ApprovalFlow): boolean {
  checkApprovalOptions(approvals)
  if (approvals.onRequest !== undefined || approvals.onBatch !== undefined) return false
  return flow === 'between-turns' || approvals.hold === true
}

/** Returns the options that are not undefined. */
function definedOf(options: {
  readonly [Name in keyof CodeModeToolsOptions]: CodeModeToolsOptions[Name] | undefined
}): CodeModeToolsOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}
