import type { RawEvent, RawPayloadOf } from '../format/raw-event.ts'
import { functionArguments, memberOf, textOf } from '../format/json-access.ts'
import { invalid, type PendingEdge, type ReducerState } from './reducer-state.ts'
import type { ConversationItem, EdgeAnchor, InteractionEdge, ToolCall } from '../format/trace-state.ts'

/**
 * Records the edge of a tool that controls agents, from the event of its runtime. Other tools and unknown agents have no edge.
 */
export function noteAgentTool(
  reducer: ReducerState,
  event: RawEvent,
  call: ToolCall,
  ended: RawPayloadOf<'tool_call_runtime_ended'>,
): void {
  const kind = edgeKindOf(call)
  if (kind === undefined) return
  const payload = reducer.readWhole(ended.runtime_payload)
  const child = ['agent_thread_id', 'receiver_thread_id', 'new_thread_id']
    .map((name) => memberOf(payload, name))
    .find((id) => typeof id === 'string')
  if (typeof child !== 'string') return
  const isSpawn = kind === 'spawn_agent'
  const edge: PendingEdge['edge'] = {
    edge_id: isSpawn ? `edge:spawn:${call.thread_id}:${child}` : `edge:tool:${call.tool_call_id}`,
    kind,
    source: { type: 'tool_call', tool_call_id: call.tool_call_id },
    started_at_unix_ms: call.execution.started_at_unix_ms,
    ended_at_unix_ms: event.wall_time_unix_ms,
    carried_item_ids: [],
    carried_raw_payload_ids: [],
  }
  if (reducer.toolEdgeIds.has(edge.edge_id)) return
  reducer.toolEdgeIds.add(edge.edge_id)
  if (kind === 'close_agent') {
    if (reducer.threads.has(child)) settle(reducer, { edge, threadId: child, message: '', fallback: child, call }, null)
    return
  }
  // An activity has no text of its own: the call has it.
  const isActivity = typeof memberOf(payload, 'agent_thread_id') === 'string'
  const message = isActivity ? messageArgument(reducer, call) : textOf(memberOf(payload, 'prompt'))
  if (message === null) return
  awaitItem(reducer, { edge, threadId: child, message, fallback: isSpawn ? child : null, call })
}

function edgeKindOf(call: ToolCall): Exclude<InteractionEdge['kind'], 'agent_result'> | undefined {
  const { type } = call.kind
  switch (type) {
    case 'spawn_agent':
    case 'assign_agent_task':
    case 'send_message':
    case 'close_agent':
      return type
    default:
      return undefined
  }
}

function messageArgument(reducer: ReducerState, call: ToolCall): string | null {
  const reference = reducer.rawPayloads.get(call.raw_invocation_payload_id ?? '')
  const message =
    reference === undefined ? undefined : memberOf(functionArguments(reducer.readWhole(reference)), 'message')
  return textOf(message)
}

/** Records the edge of a child's result: from its last message, to the item that delivers it. */
export function observeResult(
  reducer: ReducerState,
  event: RawEvent,
  observed: RawPayloadOf<'agent_result_observed'>,
): void {
  const child = observed.child_thread_id
  if (!reducer.threads.has(child)) throw invalid(`agent edge referenced unknown thread ${child}`)
  const carried = reducer.registerOptional(observed.carried_payload)
  const edge: PendingEdge['edge'] = {
    edge_id: observed.edge_id,
    kind: 'agent_result',
    source: lastWords(reducer, observed),
    started_at_unix_ms: event.wall_time_unix_ms,
    ended_at_unix_ms: event.wall_time_unix_ms,
    carried_item_ids: [],
    carried_raw_payload_ids: carried === null ? [] : [carried],
  }
  const pending = { edge, threadId: observed.parent_thread_id, message: observed.message, fallback: null, call: null }
  awaitItem(reducer, pending)
}

function lastWords(reducer: ReducerState, observed: RawPayloadOf<'agent_result_observed'>): EdgeAnchor {
  const last = reducer.lastWords.get(observed.child_codex_turn_id)
  return last === undefined
    ? { type: 'thread', thread_id: observed.child_thread_id }
    : { type: 'conversation_item', item_id: last }
}

/** Completes an edge with the item that has its message, or when that item appears. */
function awaitItem(reducer: ReducerState, pending: PendingEdge): void {
  const early = reducer.undelivered.get(pending.threadId) ?? []
  const position = early.findIndex(({ content }) => content === pending.message)
  const [item] = position < 0 ? [] : early.splice(position, 1)
  if (item !== undefined) return settle(reducer, pending, item.itemId)
  const list = reducer.pendingEdges.get(pending.threadId)
  if (list === undefined) reducer.pendingEdges.set(pending.threadId, [pending])
  else list.push(pending)
}

/** Remembers the last message of a turn, and completes the first edge that waits for this message. */
export function deliverItem(reducer: ReducerState, item: ConversationItem): void {
  const isWords = item.role === 'assistant' && item.kind === 'message' && item.agent_message === undefined
  if (isWords && item.codex_turn_id !== null) reducer.lastWords.set(item.codex_turn_id, item.item_id)
  if (item.role !== 'assistant') return
  const list = reducer.pendingEdges.get(item.thread_id) ?? []
  const path = reducer.thread(item.thread_id).thread.agent_path
  const message = messageOf(reducer, item)
  if (message === undefined || message.recipient !== path) return
  const position = list.findIndex((pending) => pending.message === message.content)
  const [pending] = position < 0 ? [] : list.splice(position, 1)
  if (pending !== undefined) return settle(reducer, pending, item.item_id)
  const early = { content: message.content, itemId: item.item_id }
  const known = reducer.undelivered.get(item.thread_id)
  if (known === undefined) reducer.undelivered.set(item.thread_id, [early])
  else known.push(early)
}

type Message = { readonly recipient: string; readonly content: string }

/** Returns the message of an agent: an item of its own, and before schema 3 also JSON in the text of a message. */
function messageOf({ manifest }: ReducerState, item: ConversationItem): Message | undefined {
  const sealed = item.body.parts.find((part) => part.type === 'encoded')
  const [first] = item.body.parts
  const only = item.body.parts.length === 1 && first?.type === 'text' ? first.text : undefined
  if (item.agent_message !== undefined) {
    const content = sealed?.value ?? only
    return content === undefined ? undefined : { recipient: item.agent_message.recipient, content }
  }
  if (manifest.schema_version >= 3 || item.kind !== 'message' || !only?.startsWith('{')) return undefined
  try {
    const value: unknown = JSON.parse(only)
    const recipient = memberOf(value, 'recipient')
    const content = memberOf(value, 'content')
    // The reference accepts only complete messages.
    const isWhole =
      typeof memberOf(value, 'author') === 'string' && typeof memberOf(value, 'trigger_turn') === 'boolean'
    return isWhole && typeof recipient === 'string' && typeof content === 'string' ? { recipient, content } : undefined
  } catch {
    return undefined
  }
}

/** Completes edges at the end of the log: a spawned agent that received no message has an edge to its thread. */
export function settleEdges(reducer: ReducerState): void {
  for (const list of reducer.pendingEdges.values()) {
    for (const pending of list) {
      if (pending.fallback !== null && reducer.threads.has(pending.fallback)) settle(reducer, pending, null)
    }
  }
  // A call can end after its edge was made.
  for (const { edge, call } of reducer.toolEdges) edge.carried_raw_payload_ids = payloadsOf(call)
}

function settle(reducer: ReducerState, { edge, fallback, call }: PendingEdge, itemId: string | null): void {
  const target: EdgeAnchor =
    itemId === null ? { type: 'thread', thread_id: fallback ?? '' } : { type: 'conversation_item', item_id: itemId }
  const earlier = reducer.edges.get(edge.edge_id)
  if (earlier !== undefined) {
    if (JSON.stringify([earlier.source, earlier.target]) === JSON.stringify([edge.source, target])) return
    throw invalid(`interaction edge ${edge.edge_id} was observed with conflicting endpoints`)
  }
  const settled: InteractionEdge = {
    edge_id: edge.edge_id,
    kind: edge.kind,
    source: edge.source,
    target,
    started_at_unix_ms: edge.started_at_unix_ms,
    ended_at_unix_ms: edge.ended_at_unix_ms,
    carried_item_ids: itemId === null ? [] : [itemId],
    carried_raw_payload_ids: edge.carried_raw_payload_ids,
  }
  reducer.edges.set(edge.edge_id, settled)
  if (call !== null) reducer.toolEdges.push({ edge: settled, call })
}

function payloadsOf(call: ToolCall): string[] {
  const { raw_invocation_payload_id: invocation, raw_result_payload_id: result } = call
  return [invocation, ...call.raw_runtime_payload_ids, result].filter((id) => id !== null)
}
