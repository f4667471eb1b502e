import type { RawEvent, TraceManifest } from '../format/raw-event.ts'
import { addInitialResponse, endCell, startCell } from './code-cells.ts'
import { endCompactionRequest, installCompaction, startCompactionRequest } from './compaction.ts'
import { acceptItem } from './accepted-items.ts'
import { observeResult, settleEdges } from './interaction-edges.ts'
import { completeInference, failInference, startInference } from './inference.ts'
import { resolveStdin } from './terminals.ts'
import { endThread, endTurn, resumeThread, startThread, startTurn } from './threads.ts'
import { correlateMcp, endRuntime, endToolCall, resolveWait, startRuntime, startToolCall } from './tool-calls.ts'
import { invalid, ReducerState, type TracePayloads } from './reducer-state.ts'
import type { TraceState } from '../format/trace-state.ts'

/**
 * Reduces the events of a trace, of schema 1, 2 or 3, to its state. Uses no clock and no files: the same arguments give the same
 * JSON. An incomplete log gives the state at its end, with `recording_complete: false`. Exceptions of
 * `payloads` pass through.
 *
 * @throws {CodecellError} `TRACE_INVALID` for contradictory evidence
 * @example
 * ```ts
 * const { manifest, events, payloads } = openTraceBundle(directory)
 * const state = reduceTrace(manifest, events(), payloads)
 * ```
 */
export function reduceTrace(manifest: TraceManifest, events: Iterable<RawEvent>, payloads: TracePayloads): TraceState {
  if (![1, 2, 3].includes(manifest.schema_version)) {
    throw invalid(
      `trace schema ${manifest.schema_version} cannot establish accepted history; use its matching reducer or record a new bundle`,
    )
  }
  const reducer = new ReducerState(manifest, payloads)
  const run: Run = {
    traceId: manifest.trace_id,
    rootThreadId: manifest.root_thread_id,
    endedAt: null,
    status: 'running',
    isComplete: false,
  }
  let expected = 1
  for (const event of events) {
    checkEnvelope(manifest, event, expected, run)
    apply(reducer, event, run)
    expected++
  }
  settleEdges(reducer)
  return stateOf(reducer, run)
}

type Run = {
  traceId: string
  rootThreadId: string
  endedAt: number | null
  status: TraceState['status']
  isComplete: boolean
}

function checkEnvelope(manifest: TraceManifest, event: RawEvent, expected: number, run: Run): void {
  if (event.schema_version !== manifest.schema_version) {
    throw invalid(`unsupported trace event schema ${event.schema_version} at line ${expected}`)
  }
  if (event.rollout_id !== manifest.rollout_id) throw invalid('trace event belongs to another rollout')
  if (event.seq !== expected) throw invalid(`missing or reordered trace event ${expected}`)
  if (run.isComplete) throw invalid('trace event after recording completed')
}

function apply(reducer: ReducerState, event: RawEvent, run: Run): void {
  const { payload } = event
  switch (payload.type) {
    case 'recording_completed':
      run.isComplete = true
      return
    case 'rollout_started':
      // The log is more reliable than the manifest.
      run.traceId = payload.trace_id
      run.rootThreadId = payload.root_thread_id
      return
    case 'rollout_ended':
      run.endedAt = event.wall_time_unix_ms
      run.status = payload.status
      return
    case 'thread_started':
      return startThread(reducer, event, payload, run.rootThreadId)
    case 'thread_ended':
      return endThread(reducer, event, payload)
    case 'thread_resumed':
      return resumeThread(reducer, payload)
    case 'codex_turn_started':
      return startTurn(reducer, event, payload)
    case 'codex_turn_ended':
      return endTurn(reducer, event, payload)
    case 'history_item_accepted':
      return acceptItem(reducer, event, payload)
    case 'inference_started':
      return startInference(reducer, event, payload)
    case 'inference_completed':
      return completeInference(reducer, event, payload)
    case 'inference_failed':
    case 'inference_cancelled':
      return failInference(reducer, event, payload)
    case 'protocol_event_observed':
      reducer.register(payload.event_payload)
      return
    case 'other':
      throw invalid('raw trace event has no reducer implementation')
    default:
      applyWork(reducer, { ...event, payload })
  }
}

type WorkEvent = RawEvent & {
  readonly payload: Extract<
    RawEvent['payload'],
    {
      type:
        | `tool_${string}`
        | `code_${string}`
        | `compaction_${string}`
        | `mcp_${string}`
        | 'stdin_target_resolved'
        | 'agent_result_observed'
    }
  >
}

function applyWork(reducer: ReducerState, event: WorkEvent): void {
  const { payload } = event
  switch (payload.type) {
    case 'tool_call_started':
      return startToolCall(reducer, event, payload)
    case 'mcp_tool_call_correlation_assigned':
      return correlateMcp(reducer, payload)
    case 'stdin_target_resolved':
      return resolveStdin(reducer, payload)
    case 'code_cell_wait_target_resolved':
      return resolveWait(reducer, event, payload)
    case 'tool_call_runtime_started':
      return startRuntime(reducer, event, payload)
    case 'tool_call_runtime_ended':
      return endRuntime(reducer, event, payload)
    case 'tool_call_ended':
      return endToolCall(reducer, event, payload)
    case 'code_cell_started':
      return startCell(reducer, event, payload)
    case 'code_cell_initial_response':
      return addInitialResponse(reducer, event, payload)
    case 'code_cell_ended':
      return endCell(reducer, event, payload)
    case 'compaction_request_started':
      return startCompactionRequest(reducer, event, payload)
    case 'compaction_request_completed':
    case 'compaction_request_failed':
      return endCompactionRequest(reducer, event, payload)
    case 'compaction_installed':
      return installCompaction(reducer, event, payload)
    case 'agent_result_observed':
      return observeResult(reducer, event, payload)
  }
}

function stateOf(reducer: ReducerState, run: Run): TraceState {
  const { manifest } = reducer
  const cells = [...reducer.cells].filter(([, { isVisible }]) => isVisible)
  return {
    schema_version: manifest.schema_version,
    trace_id: run.traceId,
    rollout_id: manifest.rollout_id,
    started_at_unix_ms: manifest.started_at_unix_ms,
    ended_at_unix_ms: run.endedAt,
    status: run.status,
    ...recordingOf(reducer, run),
    root_thread_id: run.rootThreadId,
    threads: byId([...reducer.threads].map(([id, { thread }]) => [id, thread])),
    codex_turns: byId(reducer.turns),
    conversation_items: byId(reducer.items),
    inference_calls: byId(reducer.inferenceCalls),
    code_cells: byId(cells.map(([id, { cell }]) => [id, cell])),
    tool_calls: byId(reducer.toolCalls),
    terminal_sessions: byId(reducer.terminalSessions),
    terminal_operations: byId(reducer.terminalOperations),
    compactions: byId(reducer.compactions),
    compaction_requests: byId(reducer.compactionRequests),
    interaction_edges: byId(reducer.edges),
    raw_payloads: byId(reducer.rawPayloads),
  }
}

/** Returns whether the recording was completed, in the form of the schema. */
function recordingOf(
  { manifest, isPartial }: ReducerState,
  { isComplete }: Run,
): Pick<TraceState, 'recording_complete' | 'recording_status'> {
  if (manifest.schema_version < 3) return { recording_complete: isComplete }
  if (!isComplete) return { recording_status: 'unclosed' }
  return { recording_status: isPartial ? 'closed_with_partial_payloads' : 'complete' }
}

/** Returns an object with an own member for each id, even `__proto__`, in the order of the ids. */
function byId<T>(entries: Iterable<readonly [string, T]>): Record<string, T> {
  return Object.fromEntries([...entries].toSorted(([left], [right]) => (left < right ? -1 : 1)))
}
