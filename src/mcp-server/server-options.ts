import type { WaitPolicy } from '../agent/tools/wait-backoff.ts'
import { engineChoices, type EngineChoice } from '../protocol/engine-name.ts'
import type { SessionListener } from '../events/session-event.ts'
import type { Session, SessionOptions, StorageOptions } from '../session/api/session-options.ts'
import type { HostPool } from '../session/api/host-pool.ts'
import type { Limits } from '../session/common/limits.ts'
import type { Tool } from '../tools/tool.ts'
import type { OptionNames } from '../options/check-options.ts'

/** The recording of one client. */
export type ClientTrace = {
  readonly listeners: readonly SessionListener[]
  /** Returns the latest cells, oldest first. */
  readonly cells: () => readonly string[]
  /** Returns the trace of a cell as text, which the client reads as a resource; null for an unknown cell. */
  readonly read: (cellId: string) => Promise<string | null>
  /** Called after the last event of the client. */
  readonly close: () => Promise<void>
}

/** A session that others than its client watch, such as a console. */
export type WatchedClientSession = {
  readonly listener: SessionListener
  /** Called when the session is open. */
  readonly attach: (session: Session, options: { readonly isStored: boolean }) => void
}

export type McpServerSettings = {
  /** The tools that programs can call. */
  readonly tools: readonly Tool[]
  /**
   * The hosts of all clients.
   *
   * @default two hosts, which end with the server
   */
  readonly hosts?: HostPool
  /**
   * The engine of the cells. A stored session keeps the engine that it began with, and is refused for another one that is named here.
   * See `docs/engines.md`.
   *
   * @default that of `hosts`, else 'v8'
   */
  readonly engine?: EngineChoice
  /** Limits that differ from the defaults in `docs/limits.md`, for each client. */
  readonly limits?: Partial<Limits>
  /**
   * Maximum duration of a call of `exec` or `wait`, in milliseconds. The default is below the usual timeout of clients.
   *
   * @default 45000
   */
  readonly maxYieldTimeMs?: number
  /**
   * How long `wait` stays with a silent cell, see `docs/waiting.md`.
   *
   * @default 'backoff'
   */
  readonly waitPolicy?: WaitPolicy
  /**
   * Whether the client can also call the tools itself.
   *
   * @default only tools that programs cannot call
   */
  readonly passthrough?: boolean
  /**
   * Which calls need an approval by the hints of their tools, if the client can ask its user. `destructive`: those with
   * `destructiveHint: true`. `writes`: those without `readOnlyHint: true`. `needsApproval` of a tool always applies.
   *
   * @default 'destructive'
   */
  readonly ask?: 'destructive' | 'writes' | 'none'
  /**
   * Whether all calls are denied except those of tools with `readOnlyHint: true`.
   *
   * @default false
   */
  readonly readOnly?: boolean
  /** The names of servers that did not start. The description of `exec` lists them. */
  readonly missingServers?: readonly string[]
  /**
   * Interval of progress messages of a running call, in milliseconds.
   *
   * @default 5000
   */
  readonly progressMs?: number
  /**
   * Where sessions are stored, so that a client resumes its session after a restart of the server. Over HTTP each token has its own
   * session; the sessions of clients of the older protocol are in memory.
   *
   * @default in memory
   */
  readonly storage?: string | StorageOptions
  /**
   * The shared store of the sessions instead of `storage`; `codecell/store` creates one.
   *
   * @default none
   */
  readonly store?: NonNullable<SessionOptions['store']>
  /**
   * The id of the stored session of the client on standard input.
   *
   * @default 'main'
   */
  readonly sessionId?: string
  /** Creates the recording of a client, at its first program. */
  readonly traces?: () => ClientTrace
  /**
   * Called before the session of a client opens, for a console that shows it. Calls that need an approval then wait for a decision in
   * the console when the client cannot ask its user.
   */
  readonly watchSession?: () => WatchedClientSession
  /** Receives errors outside of calls, e.g. for a log. */
  readonly onError?: (error: Error) => void
}

export const defaultMaxYieldTimeMs = 45_000

export const settingNames: OptionNames<McpServerSettings> = {
  tools: 'any',
  hosts: 'any',
  engine: engineChoices,
  limits: 'any',
  maxYieldTimeMs: 'any',
  waitPolicy: ['backoff', 'exact'],
  passthrough: 'boolean',
  ask: ['destructive', 'writes', 'none'],
  readOnly: 'boolean',
  missingServers: 'any',
  progressMs: 'any',
  storage: 'any',
  store: 'any',
  sessionId: 'any',
  traces: 'function',
  watchSession: 'function',
  onError: 'function',
}
