import type { LedgerEntry } from '../../storage/ledger.ts'
import type { SessionListener } from '../../events/session-event.ts'
import type { Catalogue } from '../../tools/catalogue.ts'
import type { Tool } from '../../tools/tool.ts'
import type { ApprovalBatch, ApprovalDecision, ApprovalOptions } from './approval.ts'
import type { FollowEvent, FollowOptions } from './follow-event.ts'
import type { HostPool } from './host-pool.ts'
import type { Limits } from '../limits.ts'
import type { CellOutcome } from './outcome.ts'
import type { RevertReport } from './revert-report.ts'

/** A string that a cell sent to the model with `notify`, apart from its content items. */
export type CellNotification = {
  readonly cellId: string
  /** The call id of the `exec` that started the cell; null when the caller gave none. */
  readonly execCallId: string | null
  readonly text: string
}

/** A warning to the embedder: a tool is called without a check of its input. It is reported once for each tool. */
export type SessionWarning = {
  readonly type: 'tool_unchecked'
  /** The name under which programs call the tool. */
  readonly identifier: string
  readonly reason: string
}

/** Where a session is stored. */
export type StorageOptions = {
  /** A folder with one folder for each session. It is created when it does not exist. */
  readonly dir: string
  /**
   * Whether committed records survive a power loss as well as the end of the process: each record is then flushed to the disk
   * before anything depends on it, which takes milliseconds.
   *
   * @default false
   */
  readonly fsync?: boolean
}

/** The options of a session. */
export type SessionOptions = {
  /**
   * Where the session is stored, so that it survives its process: opened again under its `sessionId`, its cells resume where they
   * were. A string is the folder. See `docs/durability.md`.
   *
   * @default in memory
   */
  readonly storage?: string | StorageOptions
  /**
   * The id of the session, part of the key of each call. With `storage`, the session with this id is opened again when it exists.
   *
   * @default random
   */
  readonly sessionId?: string
  /**
   * The nested tools. Cells call each as `tools.<identifier>`. Tools named `exec` and `wait` are left out.
   *
   * @default []
   */
  readonly tools?: readonly Tool[]
  /**
   * Maximum size of the declarations in the description of `exec`, in tokens of four bytes. Tools that do not fit are deferred:
   * programs find them with `tools.tool_search`.
   *
   * @default 2000
   */
  readonly declarationTokens?: number
  /**
   * Limits that differ from their defaults.
   *
   * @default the defaults in {@link limitRanges}
   */
  readonly limits?: Partial<Limits>
  /**
   * Where cells run. The caller that creates a pool disposes it.
   *
   * @default a pool of two hosts, which is disposed with the session
   */
  readonly hosts?: HostPool
  /**
   * `process-per-session`: no cell of another session ever runs in the same process.
   *
   * @default 'shared'
   */
  readonly isolation?: 'shared' | 'process-per-session'
  /**
   * The reaction to a cell that waits for something that nothing will ever settle. `report`: the next response comes at once and
   * says so. `fail`: the cell fails. `wait`: none, as in the reference.
   *
   * @default 'report'
   */
  readonly deadlock?: 'report' | 'fail' | 'wait'
  /**
   * The reaction to unread output above `maxUnreadOutputBytesPerCell`. `fail`: the cell fails. `cut`: the middle of the output is
   * dropped, as in the bounded sessions of the reference.
   *
   * @default 'fail'
   */
  readonly overflow?: 'fail' | 'cut'
  /**
   * How long a cell waits for calls or timers before it releases its isolate, in milliseconds, and at least twenty times as long
   * as it has worked. It resumes by replaying its journal (`docs/eviction.md`).
   *
   * @default 60000
   */
  readonly evictAfterMs?: number
  /**
   * Maximum yield time of every observation, in milliseconds.
   *
   * @default no maximum
   */
  readonly maxYieldTimeMs?: number
  /** Receives notifications, one at a time for each cell, in order. The end of a cell waits for them. */
  readonly onNotification?: (notification: CellNotification, options: { signal: AbortSignal }) => unknown
  /**
   * Which nested calls run, which are denied, and who approves the others; see `docs/approvals.md`.
   *
   * @default each tool's `needsApproval`, and calls that need an approval are denied
   */
  readonly approvals?: ApprovalOptions
  /**
   * Whether the input of a nested call is checked against the schema of the tool, before the call is approved and before the tool
   * runs. A tool whose schema cannot be used is called unchecked, and `onWarning` receives the reason.
   *
   * @default true
   */
  readonly checkInputs?: boolean
  /** Receives warnings. An error that it throws becomes a warning of the process. */
  readonly onWarning?: (warning: SessionWarning) => void
  /**
   * Receives the id of each cell once, after its last response was delivered. An error that it throws becomes a warning of the
   * process.
   */
  readonly onCellClosed?: (cellId: string) => void
  /**
   * Receive all events of the session: a trace recorder (`codecell/trace`), telemetry (`codecell/otel`), or one of your own.
   * Without listeners no events are collected.
   *
   * @default []
   */
  readonly listeners?: readonly SessionListener[]
  /** Closes the session when aborted. */
  readonly signal?: AbortSignal
}

/** The options of an observation. */
export type ObserveOptions = {
  /**
   * How long to wait for the end of the cell before it yields, in milliseconds.
   *
   * @default 10000
   */
  readonly yieldTimeMs?: number
  /** Gives the observation up when aborted. The cell keeps running and keeps its output for the next observation. */
  readonly signal?: AbortSignal
  /** Makes the observation yield when aborted, with the output so far. */
  readonly preempt?: AbortSignal
  /**
   * Makes the request repeatable: with the same id, also in a later process, it returns the same outcome and starts no second
   * cell. The newest 1,000 outcomes are stored (in memory: of 100 requests).
   */
  readonly requestId?: string
}

/** The options of `session.execute`. */
export type ExecuteOptions = ObserveOptions & {
  /** The model's id of the call. Tools and notifications receive it. */
  readonly callId?: string
  /**
   * Receives the id of the cell before the program starts. A `session.follow` that begins here misses no event; with
   * `takesOutput`, `execute` then yields at once. An error that it throws becomes a warning of the process.
   */
  readonly onStarted?: (cellId: string) => void
}

/** The options of `session.terminate`. It also accepts the other options of an observation, which have no effect. */
export type TerminateOptions = { readonly signal?: AbortSignal; readonly requestId?: string }

/** Tools, stored values and cells that belong together. `createSession` and `openSession` return it. */
export interface Session extends AsyncDisposable {
  readonly id: string
  /** The tools of a cell that starts now, frozen. */
  readonly catalogue: Catalogue
  /**
   * Replaces the tools of the cells that start from now on. Running cells keep theirs. A catalogue is used unchanged.
   *
   * @throws {CodecellError} `INVALID_OPTION` for an invalid tool; `SESSION_CLOSED`
   */
  setTools(tools: readonly Tool[] | Catalogue): void
  /**
   * Starts a cell and observes it until it ends, yields, or the yield time is over.
   *
   * @throws {CodecellError} `LIMIT_EXCEEDED` for a source that is too long and for one cell too many; `SESSION_CLOSED`,
   * `STORAGE_FAILED`
   * @example
   * ```ts
   * const outcome = await session.execute('text(6 * 7)')
   * if (outcome.type === 'completed') console.log(outcome.items)
   * ```
   */
  execute(source: string, options?: ExecuteOptions): Promise<CellOutcome>
  /**
   * Observes a cell again.
   *
   * @throws {CodecellError} `CELL_BUSY` while another caller observes it; `SESSION_CLOSED`
   */
  observe(cellId: string, options?: ObserveOptions): Promise<CellOutcome>
  /**
   * Yields the output, notifications and calls of a cell as they happen, to its end; see `docs/following.md`. The cell stops
   * while too many events are unread.
   *
   * @throws {CodecellError} from the iteration: `CELL_BUSY` while another caller observes the cell and `takesOutput` is true;
   * `LIMIT_EXCEEDED` when a follower without `takesOutput` falls behind by `maxUnreadOutputBytesPerCell`; `STORAGE_FAILED`; and
   * `SESSION_CLOSED` or `SESSION_LOST` when that happens before the cell ends
   * @example
   * ```ts
   * for await (const event of session.follow(cellId)) console.log(event.type)
   * ```
   */
  follow(cellId: string, options?: FollowOptions): AsyncGenerator<FollowEvent, void, undefined>
  /**
   * Terminates a cell. A cell that has ended by itself returns its result.
   *
   * @throws {CodecellError} `CELL_TERMINATING`, `SESSION_CLOSED`
   */
  terminate(cellId: string, options?: TerminateOptions): Promise<CellOutcome>
  /** Returns the cells whose last response was not delivered yet, the oldest first. */
  cells(): readonly string[]
  /** Returns the calls that wait for a decision, by cell: of one cell, or of all. */
  pendingApprovals(cellId?: string): readonly ApprovalBatch[]
  /**
   * Decides about pending calls, by their keys. A bounded grant for several calls of one tool is one grant.
   *
   * @throws {CodecellError} `APPROVAL_NOT_PENDING` and `INVALID_OPTION`: no call is decided. `STORAGE_FAILED`: the calls whose
   * decision is not stored stay pending.
   */
  decide(key: string | readonly string[], decision: ApprovalDecision): void
  /** Returns the calls of a cell, or of all cells, the first one first: what was called, and what is known of its effect. */
  ledger(cellId?: string): readonly LedgerEntry[]
  /**
   * Reverts the calls of a cell that has ended, the last one first, with the `revert` of their tools. It continues after failures
   * and reports them. Called again, it reverts what is left.
   *
   * @throws {CodecellError} `CELL_RUNNING`, `CELL_NOT_FOUND`, `SESSION_CLOSED`
   */
  revert(cellId: string): Promise<RevertReport>
  /**
   * Releases the hosts. The cells of a session in memory are terminated. Those of a stored session resume when it is opened
   * again; calls in progress have two seconds to return. Further calls return the same promise.
   */
  close(): Promise<void>
}
