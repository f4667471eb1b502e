import type { ViewEntry, ViewItem } from '../../../src/trace/view/view-data.ts'
import { labelOf, statusOf, type Model } from './model.ts'

/** A search result, an entry or a message, with the text around the first word. */
export type Found = {
  readonly entry: ViewEntry | null
  readonly item: ViewItem | null
  readonly threadId: string
  readonly around: string
}

const around = 40

/** Returns the entries and messages that have every word of the query in their name, input, output, error, source or text. */
export function search(model: Model, query: string): readonly Found[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  const [first = ''] = words
  if (first === '') return []
  const matched = (text: string): string | null => {
    const lower = text.toLowerCase()
    if (!words.every((word) => lower.includes(word))) return null
    const at = lower.indexOf(first)
    return text.slice(Math.max(0, at - around), at + first.length + around)
  }
  const entries = model.entries.flatMap((entry): readonly Found[] => {
    const text = matched(textOf(model, entry))
    return text === null ? [] : [{ entry, item: null, threadId: entry.thread, around: text }]
  })
  const items = model.data.items.flatMap((item): readonly Found[] => {
    // Calls and outputs are found as entries.
    const text = item.entry === null ? matched(`${item.author ?? item.role} ${item.text.text}`) : null
    return text === null ? [] : [{ entry: null, item, threadId: item.threadId, around: text }]
  })
  return [...entries, ...items].toSorted((one, other) => timeOf(one) - timeOf(other))
}

function timeOf({ entry, item }: Found): number {
  return entry?.start ?? item?.at ?? 0
}

function textOf(model: Model, entry: ViewEntry): string {
  const rest = entry.type === 'cell' ? cellText(model, entry.id) : callText(model, entry.id)
  return `${labelOf(entry)} ${statusOf(entry)} ${entry.failure?.text ?? ''} ${rest}`
}

function callText({ calls }: Model, id: string): string {
  const call = calls.get(id)
  if (call === undefined) return id
  return [call.input, call.output, call.errorText].map((text) => text?.text ?? '').join(' ')
}

function cellText({ cells }: Model, id: string): string {
  const cell = cells.get(id)
  if (cell === undefined) return id
  const saw = cell.modelSaw.map(({ text }) => text.text).join(' ')
  return [cell.source, saw, cell.printed?.text ?? '', cell.errorText?.text ?? ''].join(' ')
}
