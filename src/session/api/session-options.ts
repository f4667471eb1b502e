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

/** Text that a cell sent to the model with `notify`, outside its content items. */
export type CellNotification = {
  readonly cellId: string
  /** The call id of the `exec` that started the cell, where the caller gave one. */
  readonly execCallId: string | null
  readonly text: string
}

/** Something that the embedder may want to mend: a tool that is called without a check of its input, told once. */
export type SessionWarning = {
  readonly type: 'tool_unchecked'
  /** What programs call the tool by. */
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
  /** The nested tools. Cells reach each as `tools.<identifier>`; `exec` and `wait` are left out. */
  readonly tools?: readonly Tool[]
  /**
   * How many tokens (four bytes each) the declarations in the description of `exec` may take. Tools that do not fit are
   * deferred: programs find them with `tools.tool_search`. Default: 2,000.
   */
  readonly declarationTokens?: number
  /** Values that differ from the defaults of `docs/limits.md`. */
  readonly limits?: Partial<Limits>
  /** Where cells run. Without it the session starts a pool of two hosts and closes it when it is closed. */
  readonly hosts?: HostPool
  /** `process-per-session`: no cell of another session ever runs in the same process. Default: `shared`. */
  readonly isolation?: 'shared' | 'process-per-session'
  /**
   * What happens when a cell waits for something that nothing will ever settle. `report` (default): the next response
   * comes at once and says so. `fail`: the cell fails. `wait`: nothing, as in the reference.
   */
  readonly deadlock?: 'report' | 'fail' | 'wait'
  /**
   * What happens to output that nobody takes. `fail` (default): past `outputBytes` the cell fails. `cut`: the middle is
   * dropped, as in the reference's bounded form (contract section 16.5).
   */
  readonly overflow?: 'fail' | 'cut'
  /**
   * How long a cell waits for calls or timers before it gives its isolate back, in milliseconds, and at least twenty times as
   * long as it has worked; it comes back by replaying its journal (`docs/eviction.md`). Default: 60,000.
   */
  readonly evictAfterMs?: number
  /** Cap on every yield time, in milliseconds. */
  readonly maxYieldTimeMs?: number
  /** Takes notifications, one at a time for each cell, in order. The cell's end waits for them. */
  readonly onNotification?: (notification: CellNotification, options: { signal: AbortSignal }) => unknown
  /**
   * Which nested calls run, which are denied, and who approves the others; see `docs/approvals.md`.
   *
   * @default each tool's `needsApproval`, and calls that need an approval are denied
   */
  readonly approvals?: ApprovalOptions
  /**
   * Whether the input of a nested call is checked against the tool's schema before anybody is asked and before the tool
   * is called. Default: yes. A tool whose schema cannot be used is called unchecked, and `onWarning` is told.
   */
  readonly checkInputs?: boolean
  /** Told of what does not stop anything. What it throws becomes a warning of the process. */
  readonly onWarning?: (warning: SessionWarning) => void
  /** Told once for each cell, after its last response was handed over. What it throws becomes a warning of the process. */
  readonly onCellClosed?: (cellId: string) => void
  /**
   * Told of everything that happens in the session: a trace recorder (`codecell/trace`), telemetry (`codecell/otel`), or one of
   * your own. Without listeners nothing is collected.
   */
  readonly listeners?: readonly SessionListener[]
  /** Aborting it closes the session. */
  readonly signal?: AbortSignal
}

export type ObserveOptions = {
  /** How long to wait for the end before the cell yields, in milliseconds. Default: 10 000. */
  readonly yieldTimeMs?: number
  /** Aborting it gives up the observation; the cell goes on and keeps its output for the next one. */
  readonly signal?: AbortSignal
  /** Aborting it makes the observation yield now, with the output so far. */
  readonly preempt?: AbortSignal
  /**
   * Makes the request repeatable: asked again with the same id, also in a later process, it gives the answer that it gave, and
   * starts no second cell. The newest 1,000 answers are kept (in memory: of 100 requests).
   */
  readonly requestId?: string
}

export type ExecuteOptions = ObserveOptions & {
  /** The model's id of the call, passed on to tools and notifications. */
  readonly callId?: string
  /**
   * Told the id of the cell before the program starts. Whoever follows it from here on (`session.follow`) misses nothing; with
   * `takesOutput`, `execute` answers at once that the cell goes on. What it throws becomes a warning of the process.
   */
  readonly onStarted?: (cellId: string) => void
}

/** `requestId` as in `ObserveOptions`. The other options of an observation are taken and have no effect. */
export type TerminateOptions = { readonly signal?: AbortSignal; readonly requestId?: string }

/** Tools, stored values and cells that belong together. Made by `createSession`. */
export interface Session extends AsyncDisposable {
  readonly id: string
  /** The tools of a cell that is started now, frozen. */
  readonly catalogue: Catalogue
  /**
   * Replaces the tools for the cells that are started from now on; running cells keep those they started with. A catalogue
   * is taken as it is.
   */
  setTools(tools: readonly Tool[] | Catalogue): void
  /**
   * Starts a cell and observes it until it ends, yields, or the yield time is over. Throws `SESSION_CLOSED`,
   * `LIMIT_EXCEEDED` for a source that is too long or one cell too many, and `STORAGE_FAILED`.
   */
  execute(source: string, options?: ExecuteOptions): Promise<CellOutcome>
  /** Observes a cell again. Throws `CELL_BUSY` while somebody else does, and `SESSION_CLOSED`. */
  observe(cellId: string, options?: ObserveOptions): Promise<CellOutcome>
  /**
   * Tells what a cell prints, notifies and calls, as it happens, to its end; see `docs/following.md`. The cell stands still while
   * much was not asked for. The iteration throws `CELL_BUSY` while somebody else observes the cell and the output is wanted,
   * `LIMIT_EXCEEDED` when one who only watches has not asked for more than `outputBytes`, `STORAGE_FAILED`, and, when the session is
   * closed or lost and the cell is not over, `SESSION_CLOSED` or `SESSION_LOST`.
   */
  follow(cellId: string, options?: FollowOptions): AsyncGenerator<FollowEvent, void, undefined>
  /** Stops a cell for good. A cell that ended by itself gives its result. Throws `CELL_TERMINATING`, `SESSION_CLOSED`. */
  terminate(cellId: string, options?: TerminateOptions): Promise<CellOutcome>
  /** The cells whose last response was not handed over yet, the oldest first. */
  cells(): readonly string[]
  /** The calls that wait for somebody, together for each cell: of one cell, or of all. */
  pendingApprovals(cellId?: string): readonly ApprovalBatch[]
  /**
   * Decides about waiting calls, by their keys. A bounded allowance for several calls of one tool is one allowance. Throws
   * `APPROVAL_NOT_PENDING`, `INVALID_OPTION`: then nothing is decided; and `STORAGE_FAILED`: then those wait on whose decision is not
   * on record.
   */
  decide(key: string | readonly string[], decision: ApprovalDecision): void
  /** The calls of a cell, or of all cells, the first one first: what was called, and what is known of its effect. */
  ledger(cellId?: string): readonly LedgerEntry[]
  /**
   * Undoes what the calls of a cell that has ended have done, the last one first, by what their tools declare in `revert`. It goes
   * on past failures and reports them; called again it does what is left. Throws `CELL_RUNNING`, `CELL_NOT_FOUND`,
   * `SESSION_CLOSED`.
   */
  revert(cellId: string): Promise<RevertReport>
  /**
   * Lets go of the hosts. The cells of a session in memory are terminated; those of a durable one are left as they are, for when
   * it is opened again: calls under way have two seconds to be answered. Further calls wait for the same end.
   */
  close(): Promise<void>
}
