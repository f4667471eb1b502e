/** Maximum time of `retry-after` that is believed, in milliseconds. */
const maxRetryAfterMs = 86_400_000

/** Returns the time of a `retry-after` header in milliseconds: seconds or a date. Returns null for other values. */
export function retryAfterMs(value: string, now: number = Date.now()): number | null {
  const text = value.trim()
  // A fraction of a second is outside of the standard, but has one meaning.
  if (/^\d+(?:\.\d+)?$/.test(text)) return Math.min(Number(text) * 1000, maxRetryAfterMs)
  // `Date.parse` also reads numbers with a sign, as years.
  if (!/^[A-Za-z]{3,9},? /.test(text)) return null
  const date = Date.parse(text)
  return Number.isNaN(date) ? null : Math.min(Math.max(0, date - now), maxRetryAfterMs)
}

/** Returns the text of a response's status. The client keeps this text and no header, so it has the time of `retry-after`. */
export function statusTextOf(statusMessage: string, retryAfter: string | undefined): string {
  if (retryAfter === undefined) return printable(statusMessage)
  const ms = retryAfterMs(retryAfter)
  return `${printable(statusMessage)}; retry-after: ${ms === null ? printable(retryAfter) : Math.ceil(ms / 1000)}`
}

/** Returns the time of `retry-after` in the text of a status, in milliseconds; null without one. */
export function retryAfterIn(statusText: string): number | null {
  const [, seconds] = /; retry-after: (\d+)$/.exec(statusText) ?? []
  return seconds === undefined ? null : Number(seconds) * 1000
}

function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, ' ').slice(0, 200)
}
