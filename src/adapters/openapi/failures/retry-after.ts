/** The rate limit of a server, as the headers of a response state it. */
export type RateLimit = {
  /** Requests in a window. */
  readonly limit?: number
  /** Requests that are left in the window. */
  readonly remaining?: number
  /** Milliseconds until the window ends. */
  readonly resetMs?: number
}

/** Numbers from here on are timestamps in seconds, smaller ones are durations. */
const firstTimestamp = 1e9

/** Numbers from here on are timestamps in milliseconds. */
const firstMsTimestamp = 1e12

/** Longer times are treated as invalid, in milliseconds (a year). */
const maxMs = 31_536_000_000

/**
 * Returns the milliseconds until a request can be repeated, or undefined: from `retry-after` (seconds or a date) or `retry-after-ms`, or
 * the end of the window when no request is left in it. Dates are relative to the `date` of the response.
 */
export function retryAfterMs(status: number, headers: Headers, now: number): number | undefined {
  const given =
    milliseconds(headers.get('retry-after-ms')) ?? untilOf(headers.get('retry-after'), clockOf(headers, now))
  if (given !== undefined) return given
  const { remaining, resetMs } = rateLimitOf(headers, now)
  return status === 429 || (status === 403 && remaining === 0) ? resetMs : undefined
}

/** Returns the rate limit in `ratelimit`, `ratelimit-*` or `x-ratelimit-*`. */
export function rateLimitOf(headers: Headers, now: number): RateLimit {
  const combined = combinedLimit(headers.get('ratelimit') ?? '')
  const field = (name: string): string | null =>
    headers.get(`ratelimit-${name}`) ?? headers.get(`x-ratelimit-${name}`) ?? headers.get(`x-rate-limit-${name}`)
  const limit = numberOf(field('limit')) ?? combined.limit
  const remaining = numberOf(field('remaining')) ?? combined.remaining
  const resetMs = untilOf(field('reset'), clockOf(headers, now)) ?? combined.resetMs
  return {
    ...(limit === undefined ? {} : { limit }),
    ...(remaining === undefined ? {} : { remaining }),
    ...(resetMs === undefined ? {} : { resetMs }),
  }
}

/** Parses `limit=100, remaining=50, reset=5` and `"default";r=50;t=5`, two drafts of the same header. */
function combinedLimit(text: string): RateLimit {
  const value = (names: string): number | undefined =>
    numberOf(new RegExp(`(?:^|[;,\\s])(?:${names})=(\\d+)`, 'i').exec(text)?.[1] ?? null)
  const [limit, remaining, seconds] = [value('limit|q'), value('remaining|r'), value('reset|t')]
  return {
    ...(limit === undefined ? {} : { limit }),
    ...(remaining === undefined ? {} : { remaining }),
    ...(seconds === undefined || seconds * 1000 > maxMs ? {} : { resetMs: seconds * 1000 }),
  }
}

/** Returns the milliseconds until a time: seconds, a timestamp, a date, or a duration such as `6m0s`. */
function untilOf(text: string | null, now: number): number | undefined {
  if (text === null || text.trim() === '') return undefined
  const number = numberOf(text)
  if (number === undefined) return durationOf(text) ?? (isDate(text) ? bounded(Date.parse(text) - now) : undefined)
  if (number < firstTimestamp) return bounded(number * 1000)
  return bounded((number < firstMsTimestamp ? number * 1000 : number) - now)
}

/** `Date.parse` reads numbers such as -1 as years. */
function isDate(text: string): boolean {
  return /^\s*(?:[A-Za-z]{3,9},? |\d{4}-\d\d-\d\d)/.test(text)
}

const unitMs: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 }

function durationOf(text: string): number | undefined {
  if (!/^(?:\d+(?:\.\d+)?(?:ms|[dhms]))+$/.test(text.trim())) return undefined
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|[dhms])/g)]
  return bounded(parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (unitMs[unit] ?? 0), 0))
}

function milliseconds(text: string | null): number | undefined {
  const number = numberOf(text)
  return number === undefined ? undefined : bounded(number)
}

/** Returns the first number of a header that intermediaries can repeat. */
function numberOf(text: string | null): number | undefined {
  const [first = ''] = (text ?? '').split(/[,;]/)
  return /^\s*\d{1,15}(?:\.\d+)?\s*$/.test(first) ? Number(first) : undefined
}

function bounded(ms: number): number | undefined {
  if (Number.isNaN(ms) || ms > maxMs) return undefined
  return Math.max(0, Math.round(ms))
}

/** Returns the time by the clock of the server, which can differ from this machine's. */
function clockOf(headers: Headers, now: number): number {
  const date = Date.parse(headers.get('date') ?? '')
  return Number.isNaN(date) ? now : date
}
