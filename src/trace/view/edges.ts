import { functionArguments, memberOf } from '../format/json-access.ts'
import type { EdgeAnchor, InteractionEdge, TraceState } from '../format/trace-state.ts'
import { callEntryId, cellEntryId } from '../timeline/timeline-entry.ts'
import type { ViewTexts } from './bounded-texts.ts'
import { agentMessageOf, partsText } from './conversation-items.ts'
import type { ViewPayloads } from './payloads.ts'
import type { ViewEdge, ViewEdgeEnd, ViewText } from './view-data.ts'

type Parts = { readonly state: TraceState; readonly payloads: ViewPayloads; readonly texts: ViewTexts }

/** Returns an edge with the thread, the time and the step of each end. */
export function viewEdge(edge: InteractionEdge, parts: Parts): ViewEdge {
  const { state } = parts
  const { edge_id: id, kind, source, target, started_at_unix_ms: start, ended_at_unix_ms: end } = edge
  return {
    id,
    kind,
    from: edgeEnd(source, start, state),
    to: edgeEnd(target, arrival(target, end ?? start, state), state),
    text: messageOf(edge, parts),
  }
}

/** A message arrives when the other agent accepts it, or when its first request has it. */
function arrival(target: EdgeAnchor, end: number, state: TraceState): number {
  const item = target.type === 'conversation_item' ? state.conversation_items[target.item_id] : undefined
  return Math.max(end, item?.accepted_at_unix_ms ?? item?.first_seen_at_unix_ms ?? 0)
}

function edgeEnd(anchor: EdgeAnchor, at: number, state: TraceState): ViewEdgeEnd {
  switch (anchor.type) {
    case 'conversation_item': {
      const item = state.conversation_items[anchor.item_id]
      return { threadId: item?.thread_id ?? '', at, entry: null, item: anchor.item_id }
    }
    case 'tool_call': {
      const call = state.tool_calls[anchor.tool_call_id]
      const cellId = call?.started_code_cell_id
      const entry = cellId === undefined ? callEntryId(anchor.tool_call_id) : cellEntryId(cellId)
      return { threadId: call?.thread_id ?? '', at, entry, item: null }
    }
    case 'thread':
      return { threadId: anchor.thread_id, at, entry: null, item: null }
    default:
      return anchor satisfies never
  }
}

/**
 * Returns the message of an edge as its sender wrote it: the argument of the call, or the last message of the agent. The item that
 * arrives can be sealed, or have an envelope.
 */
function messageOf(
  { carried_item_ids: [carried], source }: InteractionEdge,
  { state, payloads, texts }: Parts,
): ViewText | null {
  if (source.type === 'tool_call') {
    const invocation = state.tool_calls[source.tool_call_id]?.raw_invocation_payload_id ?? null
    const message = memberOf(functionArguments(payloads.readById(invocation)), 'message')
    if (typeof message === 'string') return texts.preview(message)
  }
  const id = source.type === 'conversation_item' ? source.item_id : carried
  const item = id === undefined ? undefined : state.conversation_items[id]
  if (item === undefined) return null
  const content = agentMessageOf(item)?.content
  return typeof content === 'string' ? texts.preview(content) : partsText(item.body.parts).preview(texts)
}
