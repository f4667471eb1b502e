import { isRecord } from '../../protocol/json.ts'
import type { RawEvent, RawPayloadOf } from '../format/raw-event.ts'
import { addItem, listItems, matchItems, normaliseItems } from './conversation.ts'
import { endWith, invalid, startedBy, type Reduction } from './reducer-state.ts'

export function startCompactionRequest(
  reduction: Reduction,
  event: RawEvent,
  started: RawPayloadOf<'compaction_request_started'>,
): void {
  const id = started.compaction_request_id
  if (reduction.compactionRequests.has(id)) throw invalid(`duplicate compaction request start for ${id}`)
  reduction.thread(started.thread_id)
  reduction.turnOf(`compaction request ${id}`, started.codex_turn_id, started.thread_id)
  reduction.compactionRequests.set(id, {
    compaction_request_id: id,
    compaction_id: started.compaction_id,
    thread_id: started.thread_id,
    codex_turn_id: started.codex_turn_id,
    execution: startedBy(event),
    model: started.model,
    provider_name: started.provider_name,
    raw_request_payload_id: reduction.register(started.request_payload),
    raw_response_payload_id: null,
  })
}

export function endCompactionRequest(
  reduction: Reduction,
  event: RawEvent,
  ended: RawPayloadOf<'compaction_request_completed' | 'compaction_request_failed'>,
): void {
  const id = ended.compaction_request_id
  const request = reduction.compactionRequests.get(id)
  if (request === undefined) throw invalid(`compaction request completion referenced unknown request ${id}`)
  if (request.compaction_id !== ended.compaction_id) {
    throw invalid(
      `compaction request ${id} completion used compaction ${ended.compaction_id}, but start used ${request.compaction_id}`,
    )
  }
  const isCompleted = ended.type === 'compaction_request_completed'
  endWith(request.execution, event, isCompleted ? 'completed' : 'failed')
  if (isCompleted) request.raw_response_payload_id = reduction.register(ended.response_payload)
}

/** A compaction takes the place of a thread's history: a mark, then new items, also for what stayed the same. */
export function installCompaction(
  reduction: Reduction,
  event: RawEvent,
  installed: RawPayloadOf<'compaction_installed'>,
): void {
  const id = installed.compaction_id
  if (reduction.compactions.has(id)) throw invalid(`duplicate compaction install for ${id}`)
  const threadId = reduction.threadIdOf(event)
  const turnId = event.codex_turn_id
  if (threadId === undefined) throw invalid(`compaction installed event ${id} did not include a thread id`)
  if (turnId === null) throw invalid(`compaction installed event ${id} did not include a Codex turn id`)
  const index = reduction.thread(threadId)
  reduction.turnOf(`compaction install ${id}`, turnId, threadId)
  const payloadId = installed.checkpoint_payload.raw_payload_id
  const checkpoint = reduction.read(installed.checkpoint_payload)
  const sighting = { event, threadId, turnId }
  const history = normaliseItems(listOf(checkpoint, 'input_history', payloadId), payloadId)
  const inputIds = matchItems(reduction, sighting, history)
  const made = { ...sighting, producer: { type: 'compaction', compaction_id: id } } as const
  const marker = addItem(reduction, made, {
    responses_item_id: undefined,
    role: 'assistant',
    channel: null,
    kind: 'compaction_marker',
    agent_message: undefined,
    body: { parts: [] },
    call_id: null,
  })
  const replacement = normaliseItems(listOf(checkpoint, 'replacement_history', payloadId), payloadId)
  const replacementIds = replacement.map((item) => addItem(reduction, made, item))
  index.snapshot = [...replacementIds]
  listItems(index, [marker, ...replacementIds])
  const requests = [...reduction.compactionRequests.values()].filter(({ compaction_id }) => compaction_id === id)
  reduction.compactions.set(id, {
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
