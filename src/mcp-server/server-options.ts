import type { WaitPolicy } from '../agent/tools/wait-backoff.ts'
import type { SessionListener } from '../events/session-event.ts'
import type { StorageOptions } from '../session/api/session-options.ts'
import type { HostPool } from '../session/api/host-pool.ts'
import type { Limits } from '../session/limits.ts'
import type { Tool } from '../tools/tool.ts'
import type { OptionNames } from '../options/check-options.ts'

/** The recording of one client. */
export type ClientTrace = {
  readonly listeners: readonly SessionListener[]
  /** The latest cells, the oldest first. */
  readonly cells: () => readonly string[]
  /** What happened in a cell so far, as text for a reader; null where there is nothing. The client reads it as a resource. */
  readonly read: (cellId: string) => Promise<string | null>
  /** Nothing of the client follows. */
  readonly close: () => Promise<void>
}

export type McpServerSettings = {
  /** What cells can call. */
  readonly tools: readonly Tool[]
  /** Where cells run. Without it the server starts two hosts, and ends them when it is closed. */
  readonly hosts?: HostPool
  /** Values that differ from the defaults of `docs/limits.md`, for every client. */
  readonly limits?: Partial<Limits>
  /** No call of `exec` or `wait` takes longer than this, in milliseconds. Default: 45 000, below the usual limit of clients. */
  readonly maxYieldTimeMs?: number
  /** How long `wait` stays with a cell that says nothing, see `docs/waiting.md`. Default: `backoff`. */
  readonly waitPolicy?: WaitPolicy
  /** Offers the tools themselves beside `exec` and `wait`. Default: only those that programs cannot call. */
  readonly passthrough?: boolean
  /**
   * Which calls a person is asked about, by the hints of the tools, when the client can ask. Default: `destructive`, those with
   * `destructiveHint: true`. `writes`: those without `readOnlyHint: true`. Tools with `needsApproval` always ask.
   */
  readonly ask?: 'destructive' | 'writes' | 'none'
  /** Denies all calls but those of tools with `readOnlyHint: true`. Default: no. */
  readonly readOnly?: boolean
  /** Servers whose tools are missing, by name: the model is told. */
  readonly missingServers?: readonly string[]
  /** How often a running call reports progress, in milliseconds. Default: 5000. */
  readonly progressMs?: number
  /**
   * Where sessions are stored, so that a client resumes its session after the server restarts. Over HTTP each token has a session
   * of its own; clients of the older protocol have theirs in memory.
   *
   * @default in memory
   */
  readonly storage?: string | StorageOptions
  /**
   * The id of the stored session of the client on standard input.
   *
   * @default 'main'
   */
  readonly sessionId?: string
  /** Records what a client does: asked for each client when it runs its first program. */
  readonly traces?: () => ClientTrace
  /** Told about what goes wrong outside of any call; for a log. */
  readonly onError?: (error: Error) => void
}

export const defaultMaxYieldTimeMs = 45_000

export const settingNames: OptionNames<McpServerSettings> = {
  tools: 'any',
  hosts: 'any',
  limits: 'any',
  maxYieldTimeMs: 'any',
  waitPolicy: ['backoff', 'exact'],
  passthrough: 'boolean',
  ask: ['destructive', 'writes', 'none'],
  readOnly: 'boolean',
  missingServers: 'any',
  progressMs: 'any',
  storage: 'any',
  sessionId: 'any',
  traces: 'function',
  onError: 'function',
}
