import { memberOf, textOf } from '../format/json-access.ts'
import type { ConversationItem, ItemPart, TraceState } from '../format/trace-state.ts'
import type { ViewItem } from './view-data.ts'
import { GrowingText, type ViewTexts } from './bounded-texts.ts'
import { ItemCalls } from './item-names.ts'
import type { ViewPayloads } from './payloads.ts'

/** The maximum number of conversation items of a page. */
const maxItems = 50_000

/** Returns the items of all conversations, in the order in which they first appeared. */
export function viewItems(state: TraceState, payloads: ViewPayloads, texts: ViewTexts): readonly ViewItem[] {
  const calls = new ItemCalls(state, payloads)
  const items = Object.values(state.conversation_items).toSorted(
    (left, right) => left.first_seen_at_unix_ms - right.first_seen_at_unix_ms || numberOf(left) - numberOf(right),
  )
  return texts.first(items, maxItems, 'conversation items').map((item) => {
    const { name, entry } = calls.find(item)
    const message = agentMessageOf(item)
    return {
      id: item.item_id,
      threadId: item.thread_id,
      turnId: item.codex_turn_id,
      at: item.first_seen_at_unix_ms,
      role: item.role,
      channel: item.channel,
      kind: item.kind,
      callId: item.call_id === null ? null : texts.name(item.call_id),
      name: name === null ? null : texts.name(name),
      entry,
      author: message === null ? null : texts.name(message.author),
      recipient: message === null ? null : texts.name(message.recipient),
      text:
        typeof message?.content === 'string'
          ? texts.preview(message.content)
          : partsText(item.body.parts).preview(texts),
    }
  })
}

/** Items of one time are in the order of their numbers. */
function numberOf({ item_id: id }: ConversationItem): number {
  return Number(id.slice(id.lastIndexOf(':') + 1)) || 0
}

type AgentMessage = { readonly author: string; readonly recipient: string; readonly content: string | null }

/** Reads a message between agents: an item with author and recipient, or a message whose text is such an object in JSON. */
export function agentMessageOf({ agent_message: message, kind, role, body }: ConversationItem): AgentMessage | null {
  if (message !== undefined) return { ...message, content: null }
  const [first, ...more] = body.parts
  const isText = kind === 'message' && role === 'assistant' && first?.type === 'text' && more.length === 0
  if (!isText || !first.text.startsWith('{')) return null
  const value = jsonOrNull(first.text)
  const [author, recipient, content] = ['author', 'recipient', 'content'].map((name) => textOf(memberOf(value, name)))
  if (typeof author !== 'string' || typeof recipient !== 'string' || typeof content !== 'string') return null
  return { author, recipient, content }
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
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
