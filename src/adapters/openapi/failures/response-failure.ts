import type { ToolErrorDetails } from '../../../errors.ts'
import { isRecord } from '../../../protocol/json.ts'
import { rateLimitOf, retryAfterMs, type RateLimit } from './retry-after.ts'

/** Maximum length of the body of a response in a message, in characters. */
const maxErrorText = 2000

/** Maximum length of a body whose JSON is in the details, in characters. */
const maxJsonText = 65_536

/** Statuses that are about how often or when requests are sent. */
const limitedStatuses: ReadonlySet<number> = new Set([403, 429, 503])

/** The message and the details of a response that is an error. */
export type ResponseFailure = { readonly text: string; readonly details: ToolErrorDetails }

/**
 * Describes a response with the status of an error: `returned 429 Too Many Requests (retry after 30 s): {"message":…}`. The details
 * have the status, the time until a retry, the rate limit and the body.
 */
export function describeResponse(response: Response, body: string, now: number = Date.now()): ResponseFailure {
  const { status, statusText, headers } = response
  const retry = retryAfterMs(status, headers, now)
  const rateLimit = rateLimitOf(headers, now)
  const json = jsonOf(body)
  const problem = isProblem(headers, json) ? json : undefined
  const notes = notesOf(status, retry, rateLimit)
  const head = `returned ${status} ${statusText}`.trim() + (notes === '' ? '' : ` (${notes})`)
  const shown = cut(problem === undefined || body.length <= maxErrorText ? body : problemText(problem))
  return {
    text: shown === '' ? head : `${head}: ${shown}`,
    details: {
      status,
      ...(retry === undefined ? {} : { retryAfterMs: retry }),
      ...(Object.keys(rateLimit).length === 0 ? {} : { rateLimit }),
      ...(body === '' ? {} : { body: json ?? cut(body) }),
      ...(problem === undefined ? {} : { problem }),
    },
  }
}

function notesOf(status: number, retry: number | undefined, { limit, remaining, resetMs }: RateLimit): string {
  const notes = retry === undefined ? [] : [`retry after ${durationText(retry)}`]
  if (limitedStatuses.has(status) || remaining === 0) {
    const left = remaining === undefined ? '' : `${remaining}${limit === undefined ? '' : ` of ${limit}`} left`
    const reset = resetMs === undefined || resetMs === retry ? '' : `resets in ${durationText(resetMs)}`
    const parts = [left, reset].filter((part) => part !== '')
    if (parts.length > 0) notes.push(`rate limit: ${parts.join(', ')}`)
  }
  return notes.join('; ')
}

function durationText(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${Math.ceil(ms / 1000)} s`
}

/** Some servers send problem details (RFC 9457) with the media type of JSON. */
function isProblem(headers: Headers, json: unknown): json is Readonly<Record<string, unknown>> {
  return isRecord(json) && /^application\/problem\+json\b/i.test(headers.get('content-type') ?? '')
}

/** Returns title and detail first, because the text is cut, then the other members. */
function problemText(problem: Readonly<Record<string, unknown>>): string {
  const { title, detail, status: _status, ...members } = problem
  const texts = [title, detail].filter((text) => typeof text === 'string' && text !== '')
  const others = Object.entries(members).filter(([name, value]) => name !== 'type' || value !== 'about:blank')
  const rest = others.length === 0 ? '' : JSON.stringify(Object.fromEntries(others))
  return [texts.join(': '), rest].filter((text) => text !== '').join(' ')
}

function jsonOf(body: string): unknown {
  if (body.length > maxJsonText || !/^[[{]/.test(body)) return undefined
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

function cut(text: string): string {
  return text.length > maxErrorText ? `${text.slice(0, maxErrorText)}…` : text
}
