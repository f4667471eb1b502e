import { isRecord } from '../../protocol/json.ts'
import type { RawEvent, RawPayloadOf } from '../format/raw-event.ts'
import { addItem, listItems, matchItems, normalizeItems } from './conversation.ts'
import { endWith, invalid, startedBy, type ReducerState } from './reducer-state.ts'

export function startCompactionRequest(
  reducer: ReducerState,
  event: RawEvent,
  started: RawPayloadOf<'compaction_request_started'>,
): void {
  const id = started.compaction_request_id
  if (reducer.compactionRequests.has(id)) throw invalid(`duplicate compaction request start for ${id}`)
  reducer.thread(started.thread_id)
  reducer.turnOf(`compaction request ${id}`, started.codex_turn_id, started.thread_id)
  reducer.compactionRequests.set(id, {
    compaction_request_id: id,
    compaction_id: started.compaction_id,
    thread_id: started.thread_id,
    codex_turn_id: started.codex_turn_id,
    execution: startedBy(event),
    model: started.model,
    provider_name: started.provider_name,
    raw_request_payload_id: reducer.register(started.request_payload),
    raw_response_payload_id: null,
  })
}

export function endCompactionRequest(
  reducer: ReducerState,
  event: RawEvent,
  ended: RawPayloadOf<'compaction_request_completed' | 'compaction_request_failed'>,
): void {
  const id = ended.compaction_request_id
  const request = reducer.compactionRequests.get(id)
  if (request === undefined) throw invalid(`compaction request completion referenced unknown request ${id}`)
  if (request.compaction_id !== ended.compaction_id) {
    throw invalid(
      `compaction request ${id} completion used compaction ${ended.compaction_id}, but start used ${request.compaction_id}`,
    )
  }
  const isCompleted = ended.type === 'compaction_request_completed'
  endWith(request.execution, event, isCompleted ? 'completed' : 'failed')
  if (isCompleted) request.raw_response_payload_id = reducer.register(ended.response_payload)
}

/** Replaces a thread's history by a compaction: a marker, then new items, even for unchanged content. */
export function installCompaction(
  reducer: ReducerState,
  event: RawEvent,
  installed: RawPayloadOf<'compaction_installed'>,
): void {
  const id = installed.compaction_id
  if (reducer.compactions.has(id)) throw invalid(`duplicate compaction install for ${id}`)
  const threadId = reducer.threadIdOf(event)
  const turnId = event.codex_turn_id
  if (threadId === undefined) throw invalid(`compaction installed event ${id} did not include a thread id`)
  if (turnId === null) throw invalid(`compaction installed event ${id} did not include a Codex turn id`)
  const index = reducer.thread(threadId)
  reducer.turnOf(`compaction install ${id}`, turnId, threadId)
  const payloadId = installed.checkpoint_payload.raw_payload_id
  const checkpoint = reducer.readWhole(installed.checkpoint_payload)
  const sighting = { event, threadId, turnId }
  const history = normalizeItems(listOf(checkpoint, 'input_history', payloadId), payloadId)
  const inputIds = matchItems(reducer, sighting, history)
  const made = { ...sighting, producer: { type: 'compaction', compaction_id: id } } as const
  const marker = addItem(reducer, made, {
    responses_item_id: undefined,
    role: 'assistant',
    channel: null,
    kind: 'compaction_marker',
    agent_message: undefined,
    body: { parts: [] },
    call_id: null,
  })
  const replacement = normalizeItems(listOf(checkpoint, 'replacement_history', payloadId), payloadId)
  const replacementIds = replacement.map((item) => addItem(reducer, made, item))
  index.snapshot = [...replacementIds]
  index.replacement = replacementIds
  listItems(index, [marker, ...replacementIds])
  const requests = [...reducer.compactionRequests.values()].filter(({ compaction_id }) => compaction_id === id)
  reducer.compactions.set(id, {
    compaction_id: id,
    thread_id: threadId,
    codex_turn_id: turnId,
    installed_at_unix_ms: event.wall_time_unix_ms,
    marker_item_id: marker,
    request_ids: requests.map(({ compaction_request_id }) => compaction_request_id),
    input_item_ids: inputIds,
    replacement_item_ids: replacementIds,
  })
}

function listOf(payload: unknown, name: string, payloadId: string): readonly unknown[] {
  const list = isRecord(payload) ? payload[name] : undefined
  if (!Array.isArray(list)) throw invalid(`compaction checkpoint payload ${payloadId} did not contain array ${name}`)
  return list
}
