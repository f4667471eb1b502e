import type { CellEvent } from '../../protocol/event.ts'
import { isRecord } from '../../protocol/json.ts'
import { jsonText } from './payload-text.ts'

/** Something that a cell printed: a string, or an image or audio clip with its data. */
export type PrintedItem = {
  readonly text: string
  /** Milliseconds since 1970; null if only a response has it. */
  readonly at: number | null
}

/** Returns what an event of a cell printed; null for an event of another kind. */
export function printedText(event: CellEvent): string | null {
  if (event.type === 'text') return event.body
  return event.type === 'image' || event.type === 'audio' ? media(event.type, event.body) : null
}

/** Returns a content item of a response as a string, in the form of `printedText`. */
export function itemText(item: unknown): string {
  if (!isRecord(item)) return typeof item === 'string' ? item : (jsonText(item) ?? '')
  const { type, text } = item
  if (typeof text === 'string') return text
  if (type === 'input_image') return media('image', item['image_url'])
  if (type === 'input_audio') return media('audio', item['audio_url'])
  return `[${String(type)}]`
}

function media(type: 'image' | 'audio', url: unknown): string {
  return typeof url === 'string' ? `[${type} ${url}]` : `[${type}]`
}

/** The first item of every response for a model: the status of the cell and the time that the model waited. */
const header = /^Script (running with cell ID [^\n]*|completed|terminated|failed)\nWall time [\d.]+ seconds\nOutput:\n?/

/** A response as the model got it, without its header. */
export type SeenResponse = { readonly isRunning: boolean; readonly items: readonly string[] }

/** Splits the output of an `exec` or `wait` call; null for other outputs. */
export function seenResponse(output: unknown): SeenResponse | null {
  const items: readonly string[] = Array.isArray(output)
    ? output.map((item: unknown) => itemText(item))
    : typeof output === 'string'
      ? [output]
      : []
  const first = items[0] ?? ''
  const found = header.exec(first)
  if (found === null) return null
  const rest = first.slice(found[0].length)
  const isRunning = found[1]?.startsWith('running') === true
  return { isRunning, items: rest === '' ? items.slice(1) : [rest, ...items.slice(1)] }
}

/** Joins printed items, each on its own line; null for none. */
export function joinedItems(items: readonly { readonly text: string }[]): string | null {
  return items.length === 0 ? null : items.map(({ text }) => text).join('\n')
}

/** Returns the items of a response that are not among the printed ones, such as truncated output and notes for the model. */
export function unprinted(seen: readonly string[], printed: readonly PrintedItem[]): readonly string[] {
  const texts = new Set(printed.map(({ text }) => text))
  return seen.filter((text) => !texts.has(text))
}
