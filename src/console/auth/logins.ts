import { createHash, randomBytes } from 'node:crypto'
import type { ConsoleUser } from './console-user.ts'

/** The duration of a login with a token that does not expire itself, in milliseconds. */
export const loginMs: number = 12 * 3_600_000

/** The maximum number of logins; the oldest one ends first. */
const maxLogins = 1000

/** The logins of pages, by the digest of their cookie. */
export class Logins {
  readonly #users = new Map<string, ConsoleUser>()
  /** Called when a login ends. */
  onEnd: (user: ConsoleUser) => void = () => undefined

  /** Returns the value of the cookie. */
  add(user: ConsoleUser): string {
    const secret = randomBytes(32).toString('base64url')
    const [oldest] = this.#users.keys()
    if (oldest !== undefined && this.#users.size >= maxLogins) this.#end(oldest)
    this.#users.set(digestOf(secret), user)
    return secret
  }

  find(secret: string): ConsoleUser | null {
    const digest = digestOf(secret)
    const user = this.#users.get(digest)
    if (user === undefined) return null
    if (user.expiresAt > Date.now()) return user
    this.#end(digest)
    return null
  }

  remove(secret: string): void {
    this.#end(digestOf(secret))
  }

  #end(digest: string): void {
    const user = this.#users.get(digest)
    this.#users.delete(digest)
    if (user !== undefined) this.onEnd(user)
  }
}

function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url')
}
