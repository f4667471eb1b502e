import { replaceInvisible } from '../../../src/text/escape-invisible.ts'
import type { ViewSpan } from '../../../src/trace/view/view-data.ts'

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
