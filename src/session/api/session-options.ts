import type { EngineChoice, EngineName } from '../../protocol/engine-name.ts'
import type { CallResultInput, ProvideResultOptions } from './deferred-call.ts'
import type { LedgerEntry } from '../../storage/ledger.ts'
import type { SharedStore } from '../../storage/shared/shared-store.ts'
import type { SessionListener } from '../../events/session-event.ts'
import type { Catalogue } from '../../tools/catalogue.ts'
import type { Tool } from '../../tools/tool.ts'
import type { ApprovalBatch, ApprovalDecision, ApprovalOptions } from './approval.ts'
import type { FollowEvent, FollowOptions } from './follow-event.ts'
import type { HostPool } from './host-pool.ts'
import type { Limits } from '../common/limits.ts'
import type { CellOutcome } from './outcome.ts'
import type { RevertReport } from './revert-report.ts'

/** A string that a cell sent with `notify`. It is not part of the output of the cell. */
export type CellNotification = {
  readonly cellId: string
  /** The call id of the `exec` that started the cell; null when the caller gave none. */
  readonly execCallId: string | null
  readonly text: string
}

/** A warning of a session. */
export type SessionWarning =
  /** The inputs of a tool are not validated. It is reported once per tool. */
  | {
      readonly type: 'tool_unchecked'
      /** The name under which programs call the tool. */
      readonly identifier: string
      /** The reason why the schema of the tool cannot be used. */
      readonly reason: string
    }
  /** A cell resumes on another engine than it began on, so that its replay can fail. It is reported once per change. */
  | {
      readonly type: 'engine_changed'
      readonly cellId: string
      /** The differences, e.g. `["version 13.6 instead of 14.1"]`. */
      readonly differences: readonly string[]
    }
  /** The snapshot of a stored cell cannot be used, so its journal is replayed. It is reported once per session. */
  | {
      readonly type: 'snapshot_ignored'
      readonly cellId: string
      readonly reason: string
    }
  /** The engine that `engine: 'auto'` took. It is reported once per process. */
  | {
      readonly type: 'engine_taken'
      readonly engine: EngineName
      /** The reason, e.g. why isolated-vm does not load, with the next step. */
      readonly reason: string
    }

/** The storage of sessions on disk. */
export type StorageOptions = {
  /** The folder that contains one folder per session. It is created when it does not exist. */
  readonly dir: string
  /**
   * Whether committed records survive a power loss in addition to the end of the process. Each record is then flushed to the disk
   * before dependent work starts, which takes milliseconds.
   *
   * @default false
   */
  readonly fsync?: boolean
}

/** The options of a session. */
export type SessionOptions = {
  /**
   * The storage of the session; a string is the folder. A stored session survives its process: its cells resume when it is opened
   * again with the same `sessionId`. See `docs/durability.md`.
   *
   * @default in memory
   */
  readonly storage?: string | StorageOptions
  /**
   * The shared store of the session, which several processes use, instead of `storage`. `codecell/store` creates one. See
   * `docs/shared-store.md`.
   *
   * @default none
   */
  readonly store?: SharedStore
  /**
   * The id of the session, which is part of the key of each call. With `storage` or `store`, an existing session with this id
   * is opened again.
   *
   * @default random
   */
  readonly sessionId?: string
  /**
   * The nested tools, which cells call as `tools.<identifier>`. Tools named `exec` and `wait` are omitted.
   *
   * @default []
   */
  readonly tools?: readonly Tool[]
  /**
   * Maximum size of the declarations in the description of `exec`, in tokens of four bytes. Tools above the maximum are deferred:
   * programs find them with `tools.tool_search`.
   *
   * @default 2000
   */
  readonly declarationTokens?: number
  /**
   * The limits to change, e.g. `{ maxMemoryMbPerCell: 128 }`.
   *
   * @default the defaults in {@link limitRanges}
   */
  readonly limits?: Partial<Limits>
  /**
   * The pool of hosts that run the cells. The caller that creates a pool must dispose it.
   *
   * @default a pool of two hosts, which is disposed with the session
   */
  readonly hosts?: HostPool
  /**
   * The engine of the cells. `auto`: the engine of `hosts`; without `hosts`, V8 if isolated-vm loads, otherwise QuickJS, and `onWarning`
   * or a process warning says once which. A stored session keeps the engine that it began with, which `auto` stands for, too. See
   * `docs/engines.md`.
   *
   * @default the engine of a stored session that exists, else of `hosts`, else 'v8'
   */
  readonly engine?: EngineChoice
  /**
   * Isolation from other sessions. `shared`: cells of several sessions can run in the same process. `process-per-session`: no cell
   * of another session ever runs in the same process.
   *
   * @default 'shared'
   */
  readonly isolation?: 'shared' | 'process-per-session'
  /**
   * The reaction to a cell that awaits a promise that never settles. `report`: the observation returns immediately with
   * `stalled: true`. `fail`: the cell fails. `wait`: no reaction, as in the reference.
   *
   * @default 'report'
   */
  readonly deadlock?: 'report' | 'fail' | 'wait'
  /**
   * The reaction to unread output above `maxUnreadOutputBytesPerCell`. `fail`: the cell fails. `cut`: the output is truncated in
   * the middle, as in the bounded sessions of the reference.
   *
   * @default 'fail'
   */
  readonly overflow?: 'fail' | 'cut'
  /**
   * Idle time after which a cell that waits for calls or timers is evicted, in milliseconds. The idle time is at least twenty times
   * the time for which the cell has run. The cell resumes by replaying its journal; see `docs/eviction.md`.
   *
   * @default 60000
   */
  readonly evictAfterMs?: number
  /**
   * The reaction when no host has the engine that a cell began on. `wait`: the cell waits for such a host. `replay`: it resumes on
   * another version of V8 with a warning, and fails if it does anything else than before; a cell on QuickJS fails at once. See
   * `docs/engines.md`.
   *
   * @default 'wait' with `store` and with hosts on other machines, otherwise 'replay'
   */
  readonly engineChange?: 'wait' | 'replay'
  /**
   * Maximum yield time of all observations, in milliseconds.
   *
   * @default no maximum
   */
  readonly maxYieldTimeMs?: number
  /** Receives the notifications of each cell, in order and one at a time. A cell ends after its notifications are delivered. */
  readonly onNotification?: (notification: CellNotification, options: { signal: AbortSignal }) => unknown
  /**
   * The approvals of nested calls; see `docs/approvals.md`.
   *
   * @default calls of tools with `needsApproval` are denied, and all others run
   */
  readonly approvals?: ApprovalOptions
  /**
   * Whether the input of a nested call is validated against the schema of the tool, before the call is approved and before the tool
   * runs. When the schema of a tool cannot be used, its inputs are not validated, and `onWarning` receives the reason.
   *
   * @default true
   */
  readonly checkInputs?: boolean
  /**
   * Receives warnings. An error that the function throws is emitted as a process warning, and so are the warnings `engine_changed`,
   * `engine_taken` and `snapshot_ignored` without this function.
   */
  readonly onWarning?: (warning: SessionWarning) => void
  /**
   * Receives the id of each cell once, after its last response was delivered. An error that the function throws is emitted as a
   * process warning.
   */
  readonly onCellClosed?: (cellId: string) => void
  /**
   * The listeners that receive all events of the session, such as a trace recorder (`codecell/trace`) or telemetry
   * (`codecell/otel`). Without listeners, no events are created.
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
   * Time after which the observation yields when the cell has not ended, in milliseconds. It runs from the start of the program, at
   * most four seconds later than requested. A program that is handling a command gets up to 250 ms to emit the output of it.
   *
   * @default 10000
   */
  readonly yieldTimeMs?: number
  /** Rejects the observation when aborted. The cell keeps running and retains its output for the next observation. */
  readonly signal?: AbortSignal
  /** Makes the observation yield when aborted, with the output so far. */
  readonly preempt?: AbortSignal
  /**
   * Makes the request idempotent: a request with the same id, also from a later process, returns the same outcome and does not
   * start another cell. A stored session retains the latest 1,000 outcomes; a session in memory retains 100.
   */
  readonly requestId?: string
}

/** The options of `session.execute`. */
export type ExecuteOptions = ObserveOptions & {
  /** The id of the call of `exec` that the model made. Tools and notifications receive it as `execCallId`. */
  readonly callId?: string
  /**
   * Receives the id of the cell before the program starts, so that a `session.follow` from here receives all events. With
   * `takesOutput`, `execute` then yields immediately. An error that the function throws is emitted as a process warning.
   */
  readonly onStarted?: (cellId: string) => void
}

/** The options of `session.terminate`. It also accepts the other options of an observation, which have no effect. */
export type TerminateOptions = { readonly signal?: AbortSignal; readonly requestId?: string }

/** The options of `session.close`. */
export type CloseOptions = {
  /**
   * Time for calls in progress to return, in milliseconds. Results that arrive are on record, and the cells that resume receive them.
   * Without effect in memory, where `close` cancels the calls.
   *
   * @default 2000
   */
  readonly graceMs?: number
}

/** Cells that share tools, stored values and limits. `createSession` and `openSession` return a session. */
export interface Session extends AsyncDisposable {
  readonly id: string
  /** The engine of its cells. Sessions of this package have it; wrappers can omit it. */
  readonly engine?: EngineName
  /** The frozen tools of the cells that start from now on. */
  readonly catalogue: Catalogue
  /**
   * Replaces the tools of the cells that start from now on. Running cells keep their tools. A catalogue is used as it is.
   *
   * @throws {CodecellError} `INVALID_OPTION` for an invalid tool; `SESSION_CLOSED` when the session is closed
   */
  setTools(tools: readonly Tool[] | Catalogue): void
  /**
   * Starts a cell and observes it until it ends, it yields, or the yield time is over.
   *
   * @throws {CodecellError} `LIMIT_EXCEEDED` when the source is too long or the session has too many cells;
   * `STORAGE_FAILED` when the cell cannot be stored; `SESSION_CLOSED` when the session is closed
   * @example
   * ```ts
   * const outcome = await session.execute('text(6 * 7)')
   * if (outcome.type === 'completed') console.log(outcome.items)
   * ```
   */
  execute(source: string, options?: ExecuteOptions): Promise<CellOutcome>
  /**
   * Observes a cell until it ends, it yields, or the yield time is over.
   *
   * @throws {CodecellError} `CELL_BUSY` while another caller observes the cell; `SESSION_CLOSED` when the session is closed
   */
  observe(cellId: string, options?: ObserveOptions): Promise<CellOutcome>
  /**
   * Yields the output, notifications and calls of a cell as they happen, until the cell ends; see `docs/following.md`. The cell
   * pauses while too many events are unread.
   *
   * @throws {CodecellError} from the iteration: `CELL_BUSY` while another caller observes the cell and `takesOutput` is true;
   * `LIMIT_EXCEEDED` when a follower without `takesOutput` has more than `maxUnreadOutputBytesPerCell` unread bytes;
   * `STORAGE_FAILED` when the output cannot be taken; `SESSION_CLOSED` or `SESSION_LOST` when the session ends before the cell
   * @example
   * ```ts
   * for await (const event of session.follow(cellId)) console.log(event.type)
   * ```
   */
  follow(cellId: string, options?: FollowOptions): AsyncGenerator<FollowEvent, void, undefined>
  /**
   * Terminates a cell and returns its last outcome, which is its result when the cell has already ended.
   *
   * @throws {CodecellError} `CELL_TERMINATING` while another caller terminates the cell; `SESSION_CLOSED` when the session is closed
   */
  terminate(cellId: string, options?: TerminateOptions): Promise<CellOutcome>
  /** Returns the ids of the cells whose last response was not delivered yet, oldest first. */
  cells(): readonly string[]
  /** Returns the pending calls of one cell, or of all cells, grouped by cell. */
  pendingApprovals(cellId?: string): readonly ApprovalBatch[]
  /**
   * Decides about pending calls by their keys. `allow_in_cell` for several calls of one tool creates a single grant. The decision
   * counts at once. The returned promise resolves when the decision is on record; it rejects with `STORAGE_FAILED` or `SESSION_LOST`
   * when it cannot be recorded, and can be ignored.
   *
   * @throws {CodecellError} `APPROVAL_NOT_PENDING` and `INVALID_OPTION`: no call is decided. `STORAGE_FAILED`: the calls whose
   * decision is not stored stay pending. These are thrown, and do not reject the promise.
   */
  decide(key: string | readonly string[], decision: ApprovalDecision): Promise<void>
  /**
   * Provides the result of a deferred call by its key. The program receives it as that of any call, wherever the cell is. Resolves
   * when the result is on record; then it counts once, whatever crashes.
   *
   * @throws {CodecellError} `CALL_NOT_DEFERRED` when the call does not wait for a result: it has one, it expired, its cell has ended,
   * or it never was deferred; `INVALID_OPTION` for a result that is not JSON or exceeds a limit; `TOOL_OUTCOME_UNKNOWN` for one that
   * does not fit the schema of the tool; `STORAGE_FAILED`. With each of them the call is as before.
   * @example
   * ```ts
   * await session.provideResult(key, { result: { approved: true } })
   * ```
   */
  provideResult(key: string, result: CallResultInput, options?: ProvideResultOptions): Promise<void>
  /** Returns the calls of one cell, or of all cells, with their known effects, oldest first. */
  ledger(cellId?: string): readonly LedgerEntry[]
  /**
   * Reverts the calls of an ended cell with the `revert` of their tools, last call first. It continues after a failure and reports
   * it. Another `revert` retries the failed calls.
   *
   * @throws {CodecellError} `CELL_RUNNING` when the cell has not ended; `CELL_NOT_FOUND` when it is unknown; `SESSION_CLOSED` when
   * the session is closed
   */
  revert(cellId: string): Promise<RevertReport>
  /**
   * Closes the session and releases its hosts. The cells of a session in memory are terminated. The cells of a stored session
   * resume when it is opened again; calls in progress have `graceMs` to return. Further calls of `close` return the same promise.
   *
   * @throws {CodecellError} `INVALID_OPTION` when `graceMs` is not an integer from 0 to 2,147,483,647
   */
  close(options?: CloseOptions): Promise<void>
}
