import { untilAborted } from '../../../session/common/until-aborted.ts'

/** An access token. `expiresAt` and `refreshAt` are timestamps in milliseconds. */
export type AccessToken = { readonly value: string; readonly refreshAt: number }

type TokenRequest = { readonly rejected: string | null; readonly signal: AbortSignal }

/** The access tokens of one client, by their scopes. Concurrent requests for the same scopes share one request to the server. */
export class TokenCache {
  readonly #load: (scopes: readonly string[]) => Promise<AccessToken>
  readonly #now: () => number
  readonly #tokens = new Map<string, AccessToken>()
  readonly #pending = new Map<string, Promise<AccessToken>>()

  constructor(load: (scopes: readonly string[]) => Promise<AccessToken>, now: () => number = Date.now) {
    this.#load = load
    this.#now = now
  }

  /** Returns a token that has not expired and is not the rejected one, unless the server issues that one again. */
  async get(scopes: readonly string[], { rejected, signal }: TokenRequest): Promise<string> {
    signal.throwIfAborted()
    const sorted = [...new Set(scopes)].toSorted()
    const key = sorted.join(' ')
    const known = this.#tokens.get(key)
    if (known !== undefined && known.value !== rejected && this.#now() < known.refreshAt) return known.value
    const pending = this.#pending.get(key) ?? this.#start(key, sorted)
    // One caller that stops waiting does not end the request of the others.
    const { value } = await untilAborted(pending, signal)
    return value
  }

  #start(key: string, scopes: readonly string[]): Promise<AccessToken> {
    const pending = this.#request(key, scopes)
    this.#pending.set(key, pending)
    return pending
  }

  async #request(key: string, scopes: readonly string[]): Promise<AccessToken> {
    try {
      const token = await this.#load(scopes)
      this.#tokens.set(key, token)
      return token
    } catch (error) {
      this.#tokens.delete(key)
      throw error
    } finally {
      this.#pending.delete(key)
    }
  }
}
