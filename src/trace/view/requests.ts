import type { InferenceCall, TraceState } from '../format/trace-state.ts'
import type { ViewTexts } from './bounded-texts.ts'
import type { ViewCompaction, ViewRequest } from './view-data.ts'

/** The maximum number of item ids that all requests list. */
const maxItemIds = 500_000

/** The maximum number of requests and compactions of a page. */
const maxRequests = 50_000

/** Returns the requests with the items that were new in each, in the order in which they began. */
export function viewRequests(
  state: TraceState,
  entryIds: ReadonlySet<string>,
  texts: ViewTexts,
): readonly ViewRequest[] {
  const calls = Object.values(state.inference_calls).toSorted(
    (left, right) => left.execution.started_seq - right.execution.started_seq,
  )
  const contexts = new Map<string, readonly string[]>()
  let left = maxItemIds
  return texts.first(calls, maxRequests, 'requests').map((call) => {
    const before = contexts.get(call.thread_id) ?? []
    contexts.set(call.thread_id, [...call.request_item_ids, ...call.response_item_ids])
    const request = requestOf(call, before, entryIds)
    left -= request.rest?.length ?? 0
    if (left >= 0) return request
    texts.report('The requests of this bundle have too many items: some contexts are not shown')
    return { ...request, rest: null, added: [] }
  })
}

function requestOf(call: InferenceCall, before: readonly string[], entryIds: ReadonlySet<string>): ViewRequest {
  const items = call.request_item_ids
  const known = new Set(before)
  const present = new Set(items)
  const differs = items.findIndex((id, index) => before[index] !== id)
  const kept = differs === -1 ? items.length : differs
  const entry = `inference:${call.inference_call_id}`
  return {
    id: call.inference_call_id,
    threadId: call.thread_id,
    entry: entryIds.has(entry) ? entry : null,
    kept,
    rest: items.slice(kept),
    added: items.filter((id) => !known.has(id)),
    removed: before.filter((id) => !present.has(id)).length,
    response: call.response_item_ids,
  }
}

/** Returns the installed compactions, in their order. */
export function viewCompactions(state: TraceState, texts: ViewTexts): readonly ViewCompaction[] {
  const compactions = Object.values(state.compactions).toSorted(
    (left, right) => left.installed_at_unix_ms - right.installed_at_unix_ms,
  )
  return texts.first(compactions, maxRequests, 'compactions').map((compaction) => {
    const last = compaction.request_ids.at(-1)
    return {
      id: compaction.compaction_id,
      threadId: compaction.thread_id,
      at: compaction.installed_at_unix_ms,
      entry: last === undefined ? null : `compaction:${last}`,
      before: compaction.input_item_ids.length,
      after: compaction.replacement_item_ids.length,
    }
  })
}
