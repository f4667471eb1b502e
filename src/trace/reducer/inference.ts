import { isRecord } from '../../protocol/json.ts'
import type { PayloadReference, RawEvent, RawPayloadOf } from '../format/raw-event.ts'
import { addItem, answerItems, listItems, matchItems, normaliseItems } from './conversation.ts'
import { addTo, endWith, invalid, startedBy, type Reduction } from './reducer-state.ts'
import type { InferenceCall, TokenUsage } from '../format/trace-state.ts'

/** A request to the model begins: its input is matched with what the thread had before. */
export function startInference(
  reduction: Reduction,
  event: RawEvent,
  started: RawPayloadOf<'inference_started'>,
): void {
  const id = started.inference_call_id
  const what = `inference start ${id}`
  if (reduction.inferenceCalls.has(id)) throw invalid(`duplicate inference start for ${id}`)
  const { thread_id: threadId, codex_turn_id: turnId } = started
  reduction.turnOf(what, turnId, threadId)
  const index = reduction.thread(threadId)
  const request = requestOf(reduction, started)
  if (request.previous !== undefined) {
    index.snapshot = [...request.previous.request_item_ids, ...request.previous.response_item_ids]
  }
  const prefix = request.previous === undefined ? [] : index.snapshot
  const items = normaliseItems(request.input, started.request_payload.raw_payload_id)
  const sighting = { event, threadId, turnId }
  const itemIds =
    request.previous === undefined
      ? matchItems(reduction, sighting, items)
      : [...prefix, ...items.map((item) => addItem(reduction, sighting, item))]
  countItems(reduction, itemIds)
  index.snapshot = [...itemIds]
  listItems(index, itemIds)
  const call: InferenceCall = {
    inference_call_id: id,
    thread_id: threadId,
    codex_turn_id: turnId,
    execution: startedBy(event),
    model: started.model,
    provider_name: started.provider_name,
    response_id: null,
    upstream_request_id: null,
    request_item_ids: itemIds,
    response_item_ids: [],
    tool_call_ids_started_by_response: [],
    usage: null,
    raw_request_payload_id: started.request_payload.raw_payload_id,
    raw_response_payload_id: null,
  }
  reduction.inferenceCalls.set(id, call)
  addTo(reduction.inferenceCallsByTurn, turnId, call)
}

/** Ids in all requests together. A request that builds on another names all of its items, however short it is. */
const mostRequestItems = 2 ** 26

function countItems(reduction: Reduction, itemIds: readonly string[]): void {
  reduction.requestItems += itemIds.length
  if (reduction.requestItems > mostRequestItems) {
    throw invalid(`the requests of the trace name more than ${mostRequestItems} items`)
  }
}

type Request = { readonly input: readonly unknown[]; readonly previous: InferenceCall | undefined }

function requestOf(reduction: Reduction, started: RawPayloadOf<'inference_started'>): Request {
  const payload = reduction.read(started.request_payload)
  const id = started.request_payload.raw_payload_id
  const input = isRecord(payload) ? payload['input'] : undefined
  if (input === undefined || input === null) throw invalid(`inference request payload ${id} did not contain input`)
  if (!Array.isArray(input)) throw invalid(`inference request payload ${id} had non-array input`)
  const responseId = isRecord(payload) ? payload['previous_response_id'] : undefined
  if (typeof responseId !== 'string') return { input, previous: undefined }
  const previous = reduction.inferenceCallsByResponse.get(responseId)
  if (previous === undefined) {
    throw invalid(
      `incremental inference request ${started.inference_call_id} referenced unknown previous_response_id ${responseId}`,
    )
  }
  return { input, previous }
}

export function completeInference(
  reduction: Reduction,
  event: RawEvent,
  completed: RawPayloadOf<'inference_completed'>,
): void {
  const call = endCall(reduction, event, completed.inference_call_id, 'completed')
  call.response_id = completed.response_id
  call.upstream_request_id = completed.upstream_request_id
  if (completed.response_id !== null) reduction.inferenceCallsByResponse.set(completed.response_id, call)
  addResponse(reduction, event, call, completed.response_payload)
}

export function failInference(
  reduction: Reduction,
  event: RawEvent,
  failed: RawPayloadOf<'inference_failed' | 'inference_cancelled'>,
): void {
  const status = failed.type === 'inference_failed' ? 'failed' : 'cancelled'
  const call = endCall(reduction, event, failed.inference_call_id, status)
  call.upstream_request_id = failed.upstream_request_id
  if (failed.partial_response_payload !== null) addResponse(reduction, event, call, failed.partial_response_payload)
}

/** Ends a call. One that has ended already, by its turn or by itself, stays as it is. */
function endCall(
  reduction: Reduction,
  event: RawEvent,
  id: string,
  status: 'completed' | 'failed' | 'cancelled',
): InferenceCall {
  const call = reduction.inferenceCalls.get(id)
  if (call === undefined) throw invalid(`inference completion referenced unknown call ${id}`)
  if (call.execution.status === 'running') endWith(call.execution, event, status)
  reduction.inferenceCallsByTurn.get(call.codex_turn_id)?.delete(call)
  return call
}

function addResponse(reduction: Reduction, event: RawEvent, call: InferenceCall, reference: PayloadReference): void {
  const payload = reduction.read(reference)
  const id = reference.raw_payload_id
  const output = isRecord(payload) ? payload['output_items'] : undefined
  if (output === undefined || output === null) {
    throw invalid(`inference response payload ${id} did not contain output_items`)
  }
  if (!Array.isArray(output)) throw invalid(`inference response payload ${id} had non-array output_items`)
  call.raw_response_payload_id = id
  call.usage = usageOf(isRecord(payload) ? payload['token_usage'] : undefined) ?? call.usage
  const index = reduction.thread(call.thread_id)
  const producer = { type: 'inference', inference_call_id: call.inference_call_id } as const
  const sighting = { event, threadId: call.thread_id, turnId: call.codex_turn_id, producer }
  const itemIds = answerItems(reduction, sighting, normaliseItems(output, id))
  call.response_item_ids = itemIds
  if (event.payload.type === 'inference_completed') index.snapshot.push(...itemIds)
}

const usageFields = [
  'input_tokens',
  'cached_input_tokens',
  'cache_write_input_tokens',
  'output_tokens',
  'reasoning_output_tokens',
] as const

function usageOf(value: unknown): TokenUsage | null {
  if (!isRecord(value)) return null
  const counts = usageFields.map((name) => (typeof value[name] === 'number' ? value[name] : undefined))
  const [input, cached, written = 0, output, reasoning] = counts
  if (input === undefined || cached === undefined || output === undefined || reasoning === undefined) return null
  return {
    input_tokens: input,
    cached_input_tokens: cached,
    cache_write_input_tokens: written,
    output_tokens: output,
    reasoning_output_tokens: reasoning,
  }
}
