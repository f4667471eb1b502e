import type { Challenge } from './protocol/discovery.ts'

/** The tokens for the requests of a connection. */
export interface ServerCredentials extends Disposable {
  /** Returns the token for a request; null without one. */
  token(): Promise<string | null>
  /**
   * Returns another token after the server has refused `refused`.
   *
   * @throws {NotAuthorized} when the request cannot succeed.
   */
  renew(refused: string | null, challenge: Challenge): Promise<string>
  /** Records that the server refuses a token, for `hasNewLogin`. */
  onRefused(token: string | null): void
  /** The granted scopes; null if unknown. */
  readonly scope: string | null
  /** Every token that was used so far, for texts that must not have them. */
  readonly secrets: ReadonlySet<string>
  /** Returns whether a login was stored after the last refusal. */
  hasNewLogin(): boolean
}
