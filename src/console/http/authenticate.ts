import type { IncomingMessage, ServerResponse } from 'node:http'
import { bearerTokenOf, onlyHeader } from '../../mcp-server/http/http-guard.ts'
import type { CheckToken } from '../auth/check-token.ts'
import type { ConsoleUser } from '../auth/console-user.ts'
import { FailedLogins } from '../auth/failed-logins.ts'
import { Logins } from '../auth/logins.ts'
import { RequestFields } from './request-fields.ts'
import { RequestError } from './respond.ts'

const advice = 'Open the address that the server printed, or log in with a token.'

/** Finds the users of requests: by the cookie of a login, or by a bearer token. */
export class Authentication {
  readonly #check: CheckToken
  readonly #logins = new Logins()
  readonly #failed = new FailedLogins()
  readonly #cookie: string

  /** @param port - Part of the name of the cookie: all ports of a host share cookies. */
  constructor(
    check: CheckToken,
    { port, onEnd }: { readonly port: number; readonly onEnd: (user: ConsoleUser) => void },
  ) {
    this.#check = check
    this.#cookie = `codecell-console-${port}`
    this.#logins.onEnd = onEnd
  }

  /** @throws {RequestError} 401 without a login or a valid token, 403 without the right, 429 after many failures */
  async userOf(request: IncomingMessage): Promise<ConsoleUser> {
    const token = bearerTokenOf(request)
    if (token !== null) return await this.#verified(request, token, '')
    const user = this.#logins.find(this.#secretOf(request) ?? '')
    if (user === null) throw new RequestError(401, 'UNAUTHENTICATED', 'A login is required', { advice })
    return user
  }

  /** Logs a user in with the token of a body, and sets the cookie. */
  async logIn(request: IncomingMessage, response: ServerResponse, body: unknown): Promise<ConsoleUser> {
    const fields = new RequestFields(body)
    const user = await this.#verified(request, fields.text('token', 20_000), fields.optionalText('name', 200) ?? '')
    const seconds = Math.max(1, Math.floor((user.expiresAt - Date.now()) / 1000))
    this.#setCookie(request, response, `${this.#logins.add(user)}; Max-Age=${seconds}`)
    return user
  }

  logOut(request: IncomingMessage, response: ServerResponse): void {
    const secret = this.#secretOf(request)
    if (secret !== null) this.#logins.remove(secret)
    this.#setCookie(request, response, '; Max-Age=0')
  }

  #setCookie(request: IncomingMessage, response: ServerResponse, value: string): void {
    // Behind a proxy with TLS, the browser states so.
    const secure = onlyHeader(request, 'origin')?.startsWith('https:') === true ? '; Secure' : ''
    response.setHeader('set-cookie', `${this.#cookie}=${value}; Path=/; HttpOnly; SameSite=Strict${secure}`)
  }

  #secretOf(request: IncomingMessage): string | null {
    const cookies = (onlyHeader(request, 'cookie') ?? '').split('; ')
    const found = cookies.find((cookie) => cookie.startsWith(`${this.#cookie}=`))
    return found?.slice(this.#cookie.length + 1) ?? null
  }

  async #verified(request: IncomingMessage, token: string, name: string): Promise<ConsoleUser> {
    const address = request.socket.remoteAddress ?? ''
    const waitMs = this.#failed.waitMs(address)
    if (waitMs > 0) {
      const retryAfterSeconds = Math.ceil(waitMs / 1000)
      throw new RequestError(429, 'TOO_MANY_REQUESTS', 'Too many tokens were refused', {
        advice: `Try again in ${retryAfterSeconds} seconds.`,
        retryAfterSeconds,
      })
    }
    const checked = await this.#check(token, name)
    if (checked.type === 'user') return checked.user
    const { status, text } = checked
    if (status === 401) this.#failed.add(address)
    const code = status === 401 ? 'UNAUTHENTICATED' : status === 403 ? 'FORBIDDEN' : 'UNAVAILABLE'
    throw new RequestError(status, code, text, { advice: status === 503 ? 'Try again in a moment.' : advice })
  }
}
