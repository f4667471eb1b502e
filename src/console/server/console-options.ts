import { CodecellError } from '../../errors.ts'
import type { OptionNames } from '../../options/check-options.ts'
import type { JwtOptions } from '../../mcp-server/http/callers/jwt-options.ts'
import type { SessionOptions, StorageOptions } from '../../session/api/session-options.ts'
import type { SharedStore } from '../../storage/shared/shared-store.ts'
import type { TracePrices } from '../../trace/view/prices.ts'
import type { Tool } from '../../tools/tool.ts'
import type { ConsoleToken } from '../auth/check-token.ts'
import type { ConsoleSessions } from '../live/console-sessions.ts'

export type ServeConsoleOptions = {
  /** The folder of the sessions. Excludes `store`. */
  readonly storage?: string | StorageOptions
  /** The shared store of the sessions; the console shows its tenant. Excludes `storage`. */
  readonly store?: SharedStore
  /**
   * The sessions that this process has open, in memory or stored.
   *
   * @default none
   */
  readonly sessions?: ConsoleSessions
  /** The tokens with which users log in. At least one, unless `jwt` is given. */
  readonly tokens: readonly ConsoleToken[]
  /**
   * Tokens of an authorization server, instead of `tokens`. The scope `read` is needed for all requests, and `approve` for all
   * actions. The claim `sub` is the name in the record of decisions.
   *
   * @default none
   */
  readonly jwt?: JwtOptions
  /** @default a free port */
  readonly port?: number
  /**
   * Another address needs its host names in `hosts`.
   *
   * @default '127.0.0.1'
   */
  readonly address?: string
  /** Accepted Host headers in addition to those of loopback, with their ports. */
  readonly hosts?: readonly string[]
  /**
   * The tools of the playground, and of reverts of sessions that no process has open.
   *
   * @default none
   */
  readonly tools?: readonly Tool[] | (() => readonly Tool[])
  /** Returns the servers of tools that do not respond, for the playground. */
  readonly toolFailures?: () => readonly { readonly name: string; readonly message: string }[]
  /** The hosts, the limits and the engine of programs of the playground. */
  readonly runOptions?: Pick<SessionOptions, 'hosts' | 'limits' | 'engine'>
  /**
   * The folder of trace bundles, to which cells link.
   *
   * @default none
   */
  readonly traces?: string
  /**
   * Prices of models, for the costs of requests in traces.
   *
   * @default no costs
   */
  readonly prices?: TracePrices
  /**
   * Whether all actions are refused.
   *
   * @default false
   */
  readonly readOnly?: boolean
  /** Receives errors of the server, e.g. for a log. */
  readonly onError?: (error: Error) => void
}

export const consoleOptionNames: OptionNames<ServeConsoleOptions> = {
  storage: 'any',
  store: 'any',
  sessions: 'any',
  tokens: 'any',
  jwt: 'any',
  port: 'any',
  address: 'any',
  hosts: 'any',
  tools: 'any',
  toolFailures: 'function',
  runOptions: 'any',
  traces: 'any',
  prices: 'any',
  readOnly: 'boolean',
  onError: 'function',
}

/** @throws {CodecellError} `INVALID_OPTION` for options that exclude each other, or are missing */
export function checkConsoleOptions({ storage, store, sessions, tokens, jwt }: ServeConsoleOptions): void {
  if (storage !== undefined && store !== undefined) {
    throw invalid('store', 'one of "storage" and "store"')
  }
  if (storage === undefined && store === undefined && sessions === undefined) {
    throw invalid('storage', 'one of "storage", "store" and "sessions"')
  }
  if (!Array.isArray(tokens) || tokens.length > 0 === (jwt !== undefined)) {
    throw invalid('tokens', 'a token, or an empty list of tokens and "jwt"')
  }
  if (jwt?.tenantClaim !== undefined && store === undefined) {
    throw invalid('jwt', 'the option "store" with "tenantClaim", because tenants are those of a store')
  }
}

function invalid(option: string, expected: string): CodecellError {
  return new CodecellError('INVALID_OPTION', `Cannot use option "${option}" of serveConsole: expected ${expected}`, {
    details: { option: `serveConsole.${option}`, expected },
  })
}
