import { CodecellError, messageOf } from '../../../errors.ts'
import type { Parameter } from '../operation/operation.ts'
import type { HttpRequest } from '../request/build-request.ts'
import { sendRequest, type Received, type SendOptions } from '../response/send-request.ts'
import { redactor } from './redactor.ts'
import { applyCredential, type Applied, type SchemeCredential } from './scheme-credential.ts'

type Use = SchemeCredential & { readonly scopes: readonly string[] }

/** The schemes that are not configured, for messages, and the setting for them. */
type MissingSchemes = { readonly names: string; readonly setting: string; readonly isNoted: boolean }

type SecurityInit = {
  readonly uses: readonly Use[]
  readonly missing: MissingSchemes | null
  readonly fetch: typeof globalThis.fetch
  readonly withoutSecrets: (text: string) => string
}

type Sending = Pick<SendOptions, 'signal' | 'maxResponseBytes' | 'withHead'>

/** Maximum number of secrets of one operation in texts: each refresh adds one. */
const maxFresh = 100

/** The credentials of an operation: they are added to its requests, and removed from the texts of its errors. */
export class OperationSecurity {
  readonly #init: SecurityInit
  /** Secrets that functions and authorization servers have returned. */
  readonly #fresh = new Set<string>()

  constructor(init: SecurityInit) {
    this.#init = init
  }

  get hasCredentials(): boolean {
    return this.#init.uses.length > 0
  }

  /** The schemes that are not configured, for a report; null when the operation can be called. */
  get missing(): MissingSchemes | null {
    return this.#init.missing
  }

  /** A line for the description of the operation; empty when it can be called. */
  get note(): string {
    const { missing } = this.#init
    return missing?.isNoted === true ? `Needs credentials that are not configured: ${missing.names}.` : ''
  }

  /** Returns whether a parameter is the key of a configured scheme, and thus not part of the input. */
  sends({ in: location, name }: Pick<Parameter, 'in' | 'name'>): boolean {
    return this.#init.uses.some(({ scheme }) => {
      if (scheme.type !== 'apiKey' || scheme.in !== location) return false
      return location === 'header' ? scheme.parameter.toLowerCase() === name.toLowerCase() : scheme.parameter === name
    })
  }

  /**
   * Sends a request with the credentials. When the server refuses a token with the status 401, the request has had no effect: it is sent
   * again, once, if it gets a new token.
   *
   * @throws {CodecellError} the errors of `sendRequest`, and TOOL_FAILED when it cannot get a credential.
   */
  async send(build: () => HttpRequest, sending: Sending): Promise<Received> {
    const { fetch } = this.#init
    const { signal } = sending
    const options = { ...sending, fetch, withoutSecrets: (text: string) => this.#withoutSecrets(text) }
    const first = build()
    const applied = await this.#authorize(first, signal, [])
    try {
      return await sendRequest(first, options)
    } catch (error) {
      if (!isRefused(error)) throw error
      if (this.#init.missing !== null) throw withAdvice(error, this.#init.missing)
      if (error.details?.status !== 401 || !applied.some(({ isRenewable }) => isRenewable)) throw error
      const second = build()
      const renewed = await this.#authorize(second, signal, applied)
      if (renewed.every(({ value }, index) => value === applied[index]?.value)) throw error
      return await sendRequest(second, options)
    }
  }

  async #authorize(
    request: HttpRequest,
    signal: AbortSignal,
    refused: readonly Applied[],
  ): Promise<readonly Applied[]> {
    const all: Applied[] = []
    for (const [index, use] of this.#init.uses.entries()) {
      const rejected = refused[index]?.value ?? null
      try {
        const applied = await applyCredential(request, use, { scopes: use.scopes, rejected, signal })
        all.push(applied)
        if (applied.isRenewable && applied.value !== null) this.#remember(applied.value)
      } catch (cause) {
        const text = `${request.method} ${request.url.pathname} was not sent: ${messageOf(cause)}`
        throw new CodecellError('TOOL_FAILED', this.#withoutSecrets(text))
      }
    }
    return all
  }

  #remember(secret: string): void {
    this.#fresh.delete(secret)
    this.#fresh.add(secret)
    const [oldest] = this.#fresh
    if (this.#fresh.size > maxFresh && oldest !== undefined) this.#fresh.delete(oldest)
  }

  #withoutSecrets(text: string): string {
    return redactor([...this.#fresh])(this.#init.withoutSecrets(text))
  }
}

function withAdvice(error: CodecellError<'TOOL_FAILED'>, { names, setting }: MissingSchemes): CodecellError {
  const text = `${error.message}; the operation needs credentials for ${names}: set ${setting}`
  return new CodecellError('TOOL_FAILED', text, {
    cause: error,
    ...(error.details === null ? {} : { details: error.details }),
  })
}

/** A code for an unknown outcome shows that an earlier request of a redirect can have had an effect. */
function isRefused(error: unknown): error is CodecellError<'TOOL_FAILED'> {
  if (!CodecellError.is(error, 'TOOL_FAILED')) return false
  const status = error.details?.status
  return status === 401 || status === 403
}
