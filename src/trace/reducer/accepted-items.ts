import type { RawEvent, RawPayloadOf } from '../format/raw-event.ts'
import { addAcceptedItem, addItem, isAcceptable, listItem } from './conversation.ts'
import { normalizeItem, type NormalItem } from './normalize-item.ts'
import { invalid, pairKey, type ReducerState } from './reducer-state.ts'

type Accepted = RawPayloadOf<'history_item_accepted'>

/** Accepts an item into the history of the agent. Messages between agents, and outputs, can appear before a request has them. */
export function acceptItem(reducer: ReducerState, event: RawEvent, accepted: Accepted): void {
  const threadId = event.thread_id
  if (threadId === null) throw invalid('history acceptance has no thread')
  const key = pairKey(threadId, accepted.item_id)
  noteAcceptance(reducer, event, threadId, key)
  const normal = itemOf(reducer, accepted)
  if (normal === undefined || reducer.itemsByResponsesId.has(key)) return
  const sighting = { event, threadId, turnId: event.codex_turn_id }
  if (reducer.manifest.schema_version >= 3) return addAcceptedItem(reducer, sighting, normal)
  const index = reducer.thread(threadId)
  const itemId = addItem(reducer, sighting, normal)
  index.snapshot.push(itemId)
  listItem(index, itemId)
}

function noteAcceptance(reducer: ReducerState, event: RawEvent, threadId: string, key: string): void {
  const index = reducer.thread(threadId)
  if (reducer.accepted.has(key)) return
  reducer.accepted.set(key, { at: event.wall_time_unix_ms, seq: event.seq })
  for (const itemId of reducer.itemsByResponsesId.get(key) ?? []) {
    const item = reducer.items.get(itemId)
    if (item === undefined) continue
    item.accepted_at_unix_ms = event.wall_time_unix_ms
    item.accepted_seq = event.seq
    listItem(index, itemId)
  }
}

/** Returns the item of the event's payload; undefined if the event has none. */
function itemOf(reducer: ReducerState, accepted: Accepted): NormalItem | undefined {
  const payload = accepted.agent_message_payload ?? accepted.tool_output_payload ?? null
  reducer.registerOptional(accepted.tool_output_payload)
  const value = payload === null ? undefined : reducer.readWhole(payload)
  if (payload === null || value === undefined) return undefined
  const normal = normalizeItem(value, payload.raw_payload_id)
  const isOfSchema2 = reducer.manifest.schema_version < 3
  const isExpected = isOfSchema2 ? normal?.agent_message !== undefined : normal !== undefined && isAcceptable(normal)
  if (isExpected && normal?.responses_item_id === accepted.item_id) return normal
  throw invalid(
    isOfSchema2
      ? `accepted agent message does not match receipt ${accepted.item_id}`
      : `accepted item payload does not match ${accepted.item_id}`,
  )
}
