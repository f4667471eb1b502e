import type { EdgeAnchor, InteractionEdge, TraceState } from '../format/trace-state.ts'
import { callEntryId, cellEntryId } from '../timeline/timeline-entry.ts'
import type { ViewTexts } from './bounded-texts.ts'
import { agentMessageOf, partsText } from './conversation-items.ts'
import type { ViewEdge, ViewEdgeEnd, ViewText } from './view-data.ts'

/** Returns an edge with the thread, the time and the step of each end. */
export function viewEdge(edge: InteractionEdge, state: TraceState, texts: ViewTexts): ViewEdge {
  const { edge_id: id, kind, source, target, started_at_unix_ms: start, ended_at_unix_ms: end } = edge
  return {
    id,
    kind,
    from: edgeEnd(source, start, state),
    to: edgeEnd(target, arrival(target, end ?? start, state), state),
    text: carriedText(edge, state, texts),
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

function carriedText(
  { carried_item_ids: [carried], source }: InteractionEdge,
  state: TraceState,
  texts: ViewTexts,
): ViewText | null {
  const id = carried ?? (source.type === 'conversation_item' ? source.item_id : undefined)
  const item = id === undefined ? undefined : state.conversation_items[id]
  if (item === undefined) return null
  const content = agentMessageOf(item)?.content
  return typeof content === 'string' ? texts.preview(content) : partsText(item.body.parts).preview(texts)
}
