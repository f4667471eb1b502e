import type { ItemPart, TraceState } from '../format/trace-state.ts'
import type { ViewItem } from './view-data.ts'
import { GrowingText, type ViewTexts } from './bounded-texts.ts'

/** The maximum number of conversation items of a page. */
const maxItems = 50_000

/** Returns the items of all conversations, in the order in which they first appeared. */
export function viewItems(state: TraceState, texts: ViewTexts): readonly ViewItem[] {
  const items = Object.values(state.conversation_items).toSorted(
    (left, right) => left.first_seen_at_unix_ms - right.first_seen_at_unix_ms,
  )
  return texts.first(items, maxItems, 'conversation items').map((item) => ({
    id: item.item_id,
    threadId: item.thread_id,
    at: item.first_seen_at_unix_ms,
    role: item.role,
    kind: item.kind,
    callId: item.call_id === null ? null : texts.name(item.call_id),
    text: partsText(item.body.parts).preview(texts),
  }))
}

/** Joins the parts of an item. */
export function partsText(parts: readonly ItemPart[]): GrowingText {
  const text = new GrowingText()
  for (const part of parts) text.add(partText(part))
  return text
}

function partText(part: ItemPart): string {
  switch (part.type) {
    case 'text':
    case 'summary':
      return part.text
    case 'encoded':
      return `[${part.label}]`
    case 'json':
      return part.summary
    case 'code':
      return part.source
    case 'payload_ref':
      return `[${part.label}]`
    default:
      return part satisfies never
  }
}
