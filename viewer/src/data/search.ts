import type { ViewEntry } from '../../../src/trace/view/view-data.ts'
import { labelOf, type Model } from './model.ts'

/** A search result, with the text around the first word. */
export type Found = { readonly entry: ViewEntry; readonly around: string }

const around = 40

/** Returns the entries that have every word of the query in their name, input, output, error or source. */
export function search(model: Model, query: string): readonly Found[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  const [first = ''] = words
  if (first === '') return []
  return model.entries.flatMap((entry): readonly Found[] => {
    const text = textOf(model, entry)
    const lower = text.toLowerCase()
    if (!words.every((word) => lower.includes(word))) return []
    const at = lower.indexOf(first)
    return [{ entry, around: text.slice(Math.max(0, at - around), at + first.length + around) }]
  })
}

function textOf(model: Model, entry: ViewEntry): string {
  const rest = entry.type === 'cell' ? cellText(model, entry.id) : callText(model, entry.id)
  return `${labelOf(entry)} ${entry.status} ${rest}`
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
