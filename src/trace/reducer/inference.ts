import { isRecord } from '../../protocol/json.ts'
import type { PayloadReference, RawEvent, RawPayloadOf } from '../format/raw-event.ts'
import { addResponseItems, continueItems, matchItems, normalizeItems } from './conversation.ts'
import { addTo, endWith, invalid, startedBy, type ReducerState } from './reducer-state.ts'
import type { InferenceCall, TokenUsage } from '../format/trace-state.ts'

/** Starts a request to the model, and matches its input with the items of the thread. */
export function startInference(
  reducer: ReducerState,
  event: RawEvent,
  started: RawPayloadOf<'inference_started'>,
): void {
  const id = started.inference_call_id
  const what = `inference start ${id}`
  if (reducer.inferenceCalls.has(id)) throw invalid(`duplicate inference start for ${id}`)
  const { thread_id: threadId, codex_turn_id: turnId } = started
  reducer.turnOf(what, turnId, threadId)
  const request = requestOf(reducer, started)
  const input = withStrippedIds(request.input, started.stripped_tool_output_ids ?? [])
  const items = normalizeItems(input, started.request_payload.raw_payload_id)
  const sighting = { event, threadId, turnId }
  const itemIds =
    request.previous === undefined
      ? matchItems(reducer, sighting, items)
      : continueItems(reducer, sighting, itemsOf(request.previous), items)
  countItems(reducer, itemIds)
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
    prepared_prompt_payload_id: reducer.registerOptional(started.prepared_prompt_payload) ?? undefined,
    raw_response_payload_id: null,
  }
  reducer.inferenceCalls.set(id, call)
  addTo(reducer.inferenceCallsByTurn, turnId, call)
}

function itemsOf({ request_item_ids, response_item_ids }: InferenceCall): string[] {
  return [...request_item_ids, ...response_item_ids]
}

/** Returns the input with the ids that the recorder removed from outputs. */
function withStrippedIds(
  input: readonly unknown[],
  stripped: readonly (readonly [position: number, itemId: string])[],
): readonly unknown[] {
  if (stripped.length === 0) return input
  const named = [...input]
  for (const [position, id] of stripped) {
    if (position >= named.length) throw invalid('stripped tool output index outside request')
    const item = named[position]
    if (!isRecord(item) || !isOutputType(item['type']) || (item['id'] ?? null) !== null) {
      throw invalid(`stripped tool output ID does not refer to an ID-less output at input ${position}`)
    }
    named[position] = { ...item, id }
  }
  return named
}

function isOutputType(type: unknown): boolean {
  return type === 'function_call_output' || type === 'custom_tool_call_output'
}

/** The maximum number of items that all requests name: a request that continues another names all of its items. */
const maxRequestItems = 2 ** 26

function countItems(reducer: ReducerState, itemIds: readonly string[]): void {
  reducer.requestItems += itemIds.length
  if (reducer.requestItems > maxRequestItems) {
    throw invalid(`the requests of the trace name more than ${maxRequestItems} items`)
  }
}

type Request = { readonly input: readonly unknown[]; readonly previous: InferenceCall | undefined }

function requestOf(reducer: ReducerState, started: RawPayloadOf<'inference_started'>): Request {
  const payload = reducer.readWhole(started.request_payload)
  if (payload === undefined) return { input: [], previous: undefined }
  const id = started.request_payload.raw_payload_id
  const input = isRecord(payload) ? payload['input'] : undefined
  if (input === undefined || input === null) throw invalid(`inference request payload ${id} did not contain input`)
  if (!Array.isArray(input)) throw invalid(`inference request payload ${id} had non-array input`)
  const responseId = isRecord(payload) ? payload['previous_response_id'] : undefined
  if (typeof responseId !== 'string') return { input, previous: undefined }
  const previous = reducer.inferenceCallsByResponse.get(responseId)
  if (previous === undefined) {
    throw invalid(
      `incremental inference request ${started.inference_call_id} referenced unknown previous_response_id ${responseId}`,
    )
  }
  return { input, previous }
}

export function completeInference(
  reducer: ReducerState,
  event: RawEvent,
  completed: RawPayloadOf<'inference_completed'>,
): void {
  const call = endCall(reducer, event, completed.inference_call_id, 'completed')
  call.response_id = completed.response_id
  call.upstream_request_id = completed.upstream_request_id
  if (completed.response_id !== null) reducer.inferenceCallsByResponse.set(completed.response_id, call)
  addResponse(reducer, event, call, completed.response_payload)
}

export function failInference(
  reducer: ReducerState,
  event: RawEvent,
  failed: RawPayloadOf<'inference_failed' | 'inference_cancelled'>,
): void {
  const status = failed.type === 'inference_failed' ? 'failed' : 'cancelled'
  const call = endCall(reducer, event, failed.inference_call_id, status)
  call.upstream_request_id = failed.upstream_request_id
  if (failed.partial_response_payload !== null) addResponse(reducer, event, call, failed.partial_response_payload)
}

/** Ends a request. A request that has ended, by itself or with its turn, does not change. */
function endCall(
  reducer: ReducerState,
  event: RawEvent,
  id: string,
  status: 'completed' | 'failed' | 'cancelled',
): InferenceCall {
  const call = reducer.inferenceCalls.get(id)
  if (call === undefined) throw invalid(`inference completion referenced unknown call ${id}`)
  if (call.execution.status === 'running') endWith(call.execution, event, status)
  reducer.inferenceCallsByTurn.get(call.codex_turn_id)?.delete(call)
  return call
}

function addResponse(reducer: ReducerState, event: RawEvent, call: InferenceCall, reference: PayloadReference): void {
  const payload = reducer.readWhole(reference)
  const id = reference.raw_payload_id
  if (payload === undefined) {
    call.raw_response_payload_id = id
    return
  }
  const output = isRecord(payload) ? payload['output_items'] : undefined
  if (output === undefined || output === null) {
    throw invalid(`inference response payload ${id} did not contain output_items`)
  }
  if (!Array.isArray(output)) throw invalid(`inference response payload ${id} had non-array output_items`)
  call.raw_response_payload_id = id
  call.usage = usageOf(isRecord(payload) ? payload['token_usage'] : undefined) ?? call.usage
  const index = reducer.thread(call.thread_id)
  const producer = { type: 'inference', inference_call_id: call.inference_call_id } as const
  const sighting = { event, threadId: call.thread_id, turnId: call.codex_turn_id, producer }
  const itemIds = addResponseItems(reducer, sighting, normalizeItems(output, id))
  call.response_item_ids = itemIds
  const isComplete = event.payload.type === 'inference_completed'
  // A retry can have the items of a response that failed.
  if (isComplete || reducer.manifest.schema_version >= 3) index.snapshot.push(...itemIds)
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
