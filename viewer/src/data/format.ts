import { replaceInvisible } from '../../../src/text/escape-invisible.ts'
import type { ViewEntry, ViewSpan } from '../../../src/trace/view/view-data.ts'

type TokenUsage = NonNullable<ViewEntry['usage']>

/** Formats a duration: `12 ms`, `1.25 s`, `2 min 5 s`. */
export function showDuration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(2)} s`
  const seconds = Math.round(milliseconds / 1000)
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

export function showSpan({ start, end }: ViewSpan): string {
  return end === null ? 'no end' : showDuration(end - start)
}

/** Formats a time relative to the beginning of the trace. */
export function showSince(at: number, start: number): string {
  return `+${showDuration(Math.max(0, at - start))}`
}

/** Formats a timestamp in UTC. */
export function showTime(at: number): string {
  return Number.isFinite(at) && Math.abs(at) < 8.64e15
    ? new Date(at).toISOString().replace('T', ' ').replace('Z', ' UTC')
    : 'no time'
}

export function showCount(count: number, one: string, many: string = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`
}

/** Returns text with a mark such as `⟨U+202E⟩` for every invisible character. Line ends and tabs stay. */
export function visible(text: string): string {
  return replaceInvisible(text.replaceAll('\r\n', '\n'), (character) =>
    character === '\n' || character === '\t' ? character : markOf(character),
  )
}

function markOf(character: string): string {
  return `⟨U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}⟩`
}

/** Returns one line of at most `limit` characters. */
export function oneLine(text: string, limit: number): string {
  const line = text.slice(0, limit + 1).replaceAll(/\s+/g, ' ')
  return visible(line.length > limit ? `${line.slice(0, limit)}…` : line)
}

/** Formats a number of tokens: `950`, `12.3k`, `1.25M`. */
export function showNumber(count: number): string {
  if (count < 10_000) return count.toLocaleString('en')
  return count < 1_000_000 ? `${(count / 1000).toFixed(1)}k` : `${(count / 1_000_000).toFixed(2)}M`
}

/** Formats the tokens of a request or a sum: `1,200 in (800 cached), 90 out (24 reasoning)`. */
export function showTokens(usage: TokenUsage): string {
  const { input_tokens: input, cached_input_tokens: cached, output_tokens: output } = usage
  const { reasoning_output_tokens: reasoning } = usage
  const ofInput = cached === 0 ? '' : ` (${showNumber(cached)} cached)`
  const ofOutput = reasoning === 0 ? '' : ` (${showNumber(reasoning)} reasoning)`
  return `${showNumber(input)} in${ofInput}, ${showNumber(output)} out${ofOutput}`
}

/** Formats a cost: two decimals from one unit on, else two or three significant digits. */
export function showCost(cost: number, currency: string): string {
  const amount =
    cost === 0 || cost >= 1
      ? cost.toFixed(2)
      : cost < 0.0001
        ? cost.toExponential(1)
        : cost.toPrecision(cost < 0.01 ? 2 : 3)
  return `${amount} ${currency}`
}
