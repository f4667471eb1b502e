import { CodecellError } from '../errors.ts'
import { checkOptions, shownValue, type OptionNames } from '../options/check-options.ts'
import { engineChoices, type EngineChoice } from '../protocol/engine-name.ts'
import type { Session, SessionOptions } from '../session/api/session-options.ts'
import type { SharedStore } from '../storage/shared/shared-store.ts'

/** The options of a session of a node: those of `createSession`, apart from its storage and its id. */
export type NodeSessionOptions = Omit<SessionOptions, 'storage' | 'store' | 'sessionId' | 'signal'>

/** Options of {@link createNode}. */
export type NodeOptions = {
  /** The store of the sessions. The caller disposes it, after the node. */
  readonly store: SharedStore
  /**
   * Returns the options of a session when the node opens it. Without `hosts`, the sessions share a pool of the node. An error fails
   * the opening: `use` rejects with it, and a due session is tried again.
   */
  readonly session: (sessionId: string) => NodeSessionOptions | Promise<NodeSessionOptions>
  /**
   * The engine of new sessions on the pool of the node. Sessions that exist keep theirs. See `docs/engines.md`.
   *
   * @default 'v8'
   */
  readonly engine?: EngineChoice
  /**
   * Time for which a session only waits before the node releases it, in milliseconds, 0 to 86,400,000.
   *
   * @default 60000
   */
  readonly hibernateMs?: number
  /**
   * Maximum number of sessions that the node has open, 1 to 10,000.
   *
   * @default 1000
   */
  readonly maxSessions?: number
  /**
   * Time for which `use` waits for a session that another process has open, in milliseconds, 0 to 600,000. After the end of that
   * process, its lease must run out.
   *
   * @default 15000
   */
  readonly maxOwnerWaitMs?: number
  /**
   * The capabilities of this node, e.g. the names of its sets of tools. Sessions that it opens need all of them, and it wakes only
   * sessions whose needs it has.
   *
   * @default none
   */
  readonly capabilities?: readonly string[]
  /**
   * Receives the errors that no caller of `use` receives. `sessionId` is null for an error of the store.
   *
   * @default a warning of the process
   */
  readonly onError?: (error: unknown, sessionId: string | null) => void
}

/** Options of {@link SessionNode.use}. */
export type UseOptions = {
  /** Stops the wait for the session. `work` receives no signal from it. */
  readonly signal?: AbortSignal
}

/**
 * A process that opens sessions of a shared store while they are used or have work, and releases them while they only wait. It keeps
 * the process running until it is disposed.
 */
export interface SessionNode extends AsyncDisposable {
  /**
   * Calls `work` with a session, which is created if it does not exist. The session stays open until `work` settles, and is not
   * closed by it: the node closes it.
   *
   * @throws {CodecellError} `SESSION_IN_USE` when another process has the session open for longer than `maxOwnerWaitMs`; its
   * `details.url` is the address of that process. `LIMIT_EXCEEDED` when the node has `maxSessions` sessions open that do not only wait.
   * `SESSION_CLOSED` after the node was disposed. The errors of `createSession`.
   * @throws The reason of `signal` when it aborts during the wait, and the errors of `work` and of the option `session`.
   * @example
   * ```ts
   * const outcome = await node.use('invoices', (session) => session.execute('text("hello")'))
   * ```
   */
  use<Result>(
    sessionId: string,
    work: (session: Session) => Result | Promise<Result>,
    options?: UseOptions,
  ): Promise<Result>
  /** Returns the ids of the sessions that this node has open. */
  openSessions(): readonly string[]
  /** Looks for due sessions at once, e.g. after a message that another process has left work. */
  poke(): void
}

export const useOptionNames: OptionNames<UseOptions> = { signal: 'any' }

const nodeOptionNames: OptionNames<NodeOptions> = {
  store: 'any',
  session: 'function',
  engine: engineChoices,
  hibernateMs: 'any',
  maxSessions: 'any',
  maxOwnerWaitMs: 'any',
  capabilities: 'any',
  onError: 'function',
}

type Ranged = 'hibernateMs' | 'maxSessions' | 'maxOwnerWaitMs'

const ranges: Readonly<Record<Ranged, { readonly min: number; readonly max: number; readonly default: number }>> = {
  hibernateMs: { min: 0, max: 86_400_000, default: 60_000 },
  maxSessions: { min: 1, max: 10_000, default: 1000 },
  maxOwnerWaitMs: { min: 0, max: 600_000, default: 15_000 },
}

/** The options of a node with their defaults. */
export type ResolvedNodeOptions = NodeOptions & Required<Pick<NodeOptions, Ranged | 'capabilities'>>

/**
 * Returns the options of a node with their defaults.
 *
 * @throws {CodecellError} `INVALID_OPTION`
 */
export function resolveNodeOptions(options: NodeOptions): ResolvedNodeOptions {
  checkOptions('createNode', options, nodeOptionNames)
  if (typeof options.session !== 'function') throw invalid('session', options.session, 'a function')
  const { capabilities = [] } = options
  const isList = Array.isArray(capabilities) && capabilities.every((name) => typeof name === 'string' && name !== '')
  if (!isList) throw invalid('capabilities', capabilities, 'a list of non-empty strings')
  return {
    ...options,
    hibernateMs: numberOf(options, 'hibernateMs'),
    maxSessions: numberOf(options, 'maxSessions'),
    maxOwnerWaitMs: numberOf(options, 'maxOwnerWaitMs'),
    capabilities: [...capabilities],
  }
}

function numberOf(options: NodeOptions, option: Ranged): number {
  const { min, max, default: value } = ranges[option]
  const given = options[option] ?? value
  if (Number.isSafeInteger(given) && given >= min && given <= max) return given
  throw invalid(option, given, `an integer from ${min} to ${max}`)
}

function invalid(option: string, value: unknown, expected: string): CodecellError {
  const text = `Cannot create a node with option "${option}" ${shownValue(value)}: expected ${expected}`
  return new CodecellError('INVALID_OPTION', text, { details: { option, expected } })
}
