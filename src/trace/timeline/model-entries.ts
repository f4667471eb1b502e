import type { TraceState } from '../format/trace-state.ts'
import { payloadOf, payloadsById, windowOf } from './state-lookup.ts'
import { timelineEntry, type TimelineEntry } from './timeline-entry.ts'

/** The model of requests that a recorder inferred: they are part of the conversation, but did not happen as requests. */
const unrecordedModel = 'unrecorded'

/** Returns the requests to models, compactions included. */
export function modelEntries(state: TraceState): readonly TimelineEntry[] {
  const inferences = Object.values(state.inference_calls).filter(({ model }) => model !== unrecordedModel)
  return [
    ...inferences.map((inference) =>
      timelineEntry({
        type: 'inference',
        id: `inference:${inference.inference_call_id}`,
        parent: `turn:${inference.codex_turn_id}`,
        thread: inference.thread_id,
        turn: inference.codex_turn_id,
        name: inference.model,
        server: inference.provider_name,
        ...windowOf(inference.execution),
        usage: inference.usage,
        text: inference.response_id,
        inputPayload: payloadOf(state, inference.raw_request_payload_id),
        outputPayloads: payloadsById(state, [inference.raw_response_payload_id]),
      }),
    ),
    ...Object.values(state.compaction_requests).map((request) =>
      timelineEntry({
        type: 'compaction',
        id: `compaction:${request.compaction_request_id}`,
        parent: `turn:${request.codex_turn_id}`,
        thread: request.thread_id,
        turn: request.codex_turn_id,
        name: request.model,
        server: request.provider_name,
        ...windowOf(request.execution),
        inputPayload: payloadOf(state, request.raw_request_payload_id),
        outputPayloads: payloadsById(state, [request.raw_response_payload_id]),
      }),
    ),
  ]
}
