import type { RawEvent, TraceManifest } from '../format/raw-event.ts'
import { answerFirst, endCell, startCell } from './code-cells.ts'
import { endCompactionRequest, installCompaction, startCompactionRequest } from './compaction.ts'
import { acceptItem } from './conversation.ts'
import { observeResult, settleEdges } from './interaction-edges.ts'
import { completeInference, failInference, startInference } from './inference.ts'
import { resolveStdin } from './terminals.ts'
import { endThread, endTurn, resumeThread, startThread, startTurn } from './threads.ts'
import { correlateMcp, endRuntime, endToolCall, startRuntime, startToolCall } from './tool-calls.ts'
import { invalid, Reduction, type TracePayloads } from './reducer-state.ts'
import type { TraceState } from '../format/trace-state.ts'

/**
 * Makes the state of a trace from its events. Reads no clock and no file: the same arguments give a state with the same JSON
 * text. A log that stops anywhere gives the state up to there, with `recording_complete: false`. Reads schema 1 and 2.
 *
 * Throws `TRACE_INVALID` for evidence that contradicts itself; there is no state then. What `payloads` throws passes through.
 */
export function reduceTrace(manifest: TraceManifest, events: Iterable<RawEvent>, payloads: TracePayloads): TraceState {
  if (manifest.schema_version !== 1 && manifest.schema_version !== 2) {
    throw invalid(
      `trace schema ${manifest.schema_version} cannot establish accepted history; use its matching reducer or record a new bundle`,
    )
  }
  const reduction = new Reduction(manifest, payloads)
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
    apply(reduction, event, run)
    expected++
  }
  settleEdges(reduction)
  return stateOf(reduction, run)
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

function apply(reduction: Reduction, event: RawEvent, run: Run): void {
  const { payload } = event
  switch (payload.type) {
    case 'recording_completed':
      run.isComplete = true
      return
    case 'rollout_started':
      // The log knows better than the manifest beside it.
      run.traceId = payload.trace_id
      run.rootThreadId = payload.root_thread_id
      return
    case 'rollout_ended':
      run.endedAt = event.wall_time_unix_ms
      run.status = payload.status
      return
    case 'thread_started':
      return startThread(reduction, event, payload)
    case 'thread_ended':
      return endThread(reduction, event, payload)
    case 'thread_resumed':
      return resumeThread(reduction, payload)
    case 'codex_turn_started':
      return startTurn(reduction, event, payload)
    case 'codex_turn_ended':
      return endTurn(reduction, event, payload)
    case 'history_item_accepted':
      return acceptItem(reduction, event, payload)
    case 'inference_started':
      return startInference(reduction, event, payload)
    case 'inference_completed':
      return completeInference(reduction, event, payload)
    case 'inference_failed':
    case 'inference_cancelled':
      return failInference(reduction, event, payload)
    case 'protocol_event_observed':
      reduction.register(payload.event_payload)
      return
    case 'other':
      throw invalid('raw trace event has no reducer implementation')
    default:
      applyWork(reduction, { ...event, payload })
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

function applyWork(reduction: Reduction, event: WorkEvent): void {
  const { payload } = event
  switch (payload.type) {
    case 'tool_call_started':
      return startToolCall(reduction, event, payload)
    case 'mcp_tool_call_correlation_assigned':
      return correlateMcp(reduction, payload)
    case 'stdin_target_resolved':
      return resolveStdin(reduction, payload)
    case 'tool_call_runtime_started':
      return startRuntime(reduction, event, payload)
    case 'tool_call_runtime_ended':
      return endRuntime(reduction, event, payload)
    case 'tool_call_ended':
      return endToolCall(reduction, event, payload)
    case 'code_cell_started':
      return startCell(reduction, event, payload)
    case 'code_cell_initial_response':
      return answerFirst(reduction, event, payload)
    case 'code_cell_ended':
      return endCell(reduction, event, payload)
    case 'compaction_request_started':
      return startCompactionRequest(reduction, event, payload)
    case 'compaction_request_completed':
    case 'compaction_request_failed':
      return endCompactionRequest(reduction, event, payload)
    case 'compaction_installed':
      return installCompaction(reduction, event, payload)
    case 'agent_result_observed':
      return observeResult(reduction, event, payload)
  }
}

function stateOf(reduction: Reduction, run: Run): TraceState {
  const { manifest } = reduction
  const cells = [...reduction.cells].filter(([, { shown }]) => shown)
  return {
    schema_version: manifest.schema_version,
    trace_id: run.traceId,
    rollout_id: manifest.rollout_id,
    started_at_unix_ms: manifest.started_at_unix_ms,
    ended_at_unix_ms: run.endedAt,
    status: run.status,
    recording_complete: run.isComplete,
    root_thread_id: run.rootThreadId,
    threads: byId([...reduction.threads].map(([id, { thread }]) => [id, thread])),
    codex_turns: byId(reduction.turns),
    conversation_items: byId(reduction.items),
    inference_calls: byId(reduction.inferenceCalls),
    code_cells: byId(cells.map(([id, { cell }]) => [id, cell])),
    tool_calls: byId(reduction.toolCalls),
    terminal_sessions: byId(reduction.terminalSessions),
    terminal_operations: byId(reduction.terminalOperations),
    compactions: byId(reduction.compactions),
    compaction_requests: byId(reduction.compactionRequests),
    interaction_edges: byId(reduction.edges),
    raw_payloads: byId(reduction.rawPayloads),
  }
}

/** Members of their own for every id, `__proto__` too, in the order of the ids. */
function byId<Value>(entries: Iterable<readonly [string, Value]>): Record<string, Value> {
  return Object.fromEntries([...entries].toSorted(([left], [right]) => (left < right ? -1 : 1)))
}
