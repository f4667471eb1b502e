import type { PayloadReference } from '../format/raw-event.ts'
import type { TraceBundle } from '../bundle/open-bundle.ts'
import { observedSteps } from './observed-entries.ts'
import type { CodeCell, ExecutionWindow, ToolCall, TraceState } from '../format/trace-state.ts'
import { bareStep, type TraceStep } from './timeline-entry.ts'

/** What the steps of a trace are read from. */
export type StepSource = Pick<TraceBundle, 'events' | 'payloads'>

/** The model of requests that nobody recorded: they are inferred, and did not happen as steps. */
const unrecordedModel = 'unrecorded'

/**
 * Everything that happened in a trace, in the order in which it began. Contents stay in their payloads: `readStepContent`
 * has them.
 */
export function traceSteps(state: TraceState, source: StepSource): readonly TraceStep[] {
  return [
    ...Object.values(state.threads).map((thread) => {
      const window = windowOf(thread.execution)
      const parent = spawningCall(state, thread.thread_id)
      const name = thread.nickname ?? thread.agent_path
      return bareStep({
        type: 'thread',
        id: `thread:${thread.thread_id}`,
        parent,
        thread: thread.thread_id,
        name,
        ...window,
      })
    }),
    ...Object.values(state.codex_turns).map((turn) =>
      bareStep({
        type: 'turn',
        id: `turn:${turn.codex_turn_id}`,
        parent: `thread:${turn.thread_id}`,
        thread: turn.thread_id,
        turn: turn.codex_turn_id,
        name: turn.codex_turn_id,
        ...windowOf(turn.execution),
      }),
    ),
    ...modelSteps(state),
    ...Object.values(state.code_cells).flatMap((cell) => cellSteps(state, cell)),
    ...Object.values(state.tool_calls).flatMap((call) => toolCallSteps(state, call)),
    ...observedSteps(state, source),
  ].toSorted((left, right) => left.seq - right.seq)
}

/** When the last thing that is known of happened: the end of what has none. */
export function lastTimeOf(state: TraceState, steps: readonly TraceStep[]): number {
  let last = state.ended_at_unix_ms ?? 0
  for (const { start, end } of steps) last = Math.max(last, end ?? start)
  return last
}

/** The id of the step of a tool call; that of the exec of a cell is the cell's. */
function toolCallStepId({ tool_call_id: id, started_code_cell_id: cellId }: ToolCall): string {
  return cellId === undefined ? `call:${id}` : `cell:${cellId}`
}

function modelSteps(state: TraceState): readonly TraceStep[] {
  const inferences = Object.values(state.inference_calls).filter(({ model }) => model !== unrecordedModel)
  return [
    ...inferences.map((inference) =>
      bareStep({
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
        outputPayloads: payloadsOf(state, [inference.raw_response_payload_id]),
      }),
    ),
    ...Object.values(state.compaction_requests).map((request) =>
      bareStep({
        type: 'compaction',
        id: `compaction:${request.compaction_request_id}`,
        parent: `turn:${request.codex_turn_id}`,
        thread: request.thread_id,
        turn: request.codex_turn_id,
        name: request.model,
        server: request.provider_name,
        ...windowOf(request.execution),
        inputPayload: payloadOf(state, request.raw_request_payload_id),
        outputPayloads: payloadsOf(state, [request.raw_response_payload_id]),
      }),
    ),
  ]
}

function cellSteps(state: TraceState, cell: CodeCell): readonly TraceStep[] {
  const id = `cell:${cell.code_cell_id}`
  const about = { thread: cell.thread_id, turn: cell.codex_turn_id, cell: cell.runtime_cell_id }
  const first = cell.raw_initial_response_payload_id
  // A cell that ended with its first response has that response twice.
  const last = cell.initial_response_status === 'yielded' || first === null ? cell.raw_result_payload_id : null
  const step = bareStep({
    type: 'cell',
    id,
    parent: `turn:${cell.codex_turn_id}`,
    ...about,
    call: cell.model_visible_call_id,
    name: 'exec',
    ...windowOf(cell.execution),
    status: cell.runtime_status,
    text: cell.source_js,
    outputPayloads: payloadsOf(state, [first, last]),
  })
  if (cell.yielded_at_unix_ms === null || cell.yielded_seq === null) return [step]
  const at = { start: cell.yielded_at_unix_ms, end: cell.yielded_at_unix_ms, seq: cell.yielded_seq }
  return [step, bareStep({ type: 'yield', id: `${id}:yield`, parent: id, ...about, name: 'yield', ...at, status: '' })]
}

function toolCallSteps(state: TraceState, call: ToolCall): readonly TraceStep[] {
  if (call.started_code_cell_id !== undefined && Object.hasOwn(state.code_cells, call.started_code_cell_id)) return []
  const cellId = call.requester.type === 'code_cell' ? call.requester.code_cell_id : waitedCell(state, call)
  const cell = cellId === null ? undefined : state.code_cells[cellId]
  const name = toolName(call)
  const around =
    call.started_by_codex_turn_id === null ? `thread:${call.thread_id}` : `turn:${call.started_by_codex_turn_id}`
  return [
    bareStep({
      type: call.requester.type === 'code_cell' ? 'nested_call' : name === 'wait' ? 'wait' : 'tool_call',
      id: `call:${call.tool_call_id}`,
      parent: cell === undefined ? around : `cell:${cell.code_cell_id}`,
      thread: call.thread_id,
      turn: call.started_by_codex_turn_id ?? cell?.codex_turn_id ?? null,
      cell: cell?.runtime_cell_id ?? null,
      call: call.model_visible_call_id ?? call.code_mode_runtime_tool_id,
      name,
      server: call.kind.server ?? null,
      ...windowOf(call.execution),
      inputPayload: payloadOf(state, call.raw_invocation_payload_id),
      outputPayloads: payloadsOf(state, [call.raw_result_payload_id]),
    }),
  ]
}

function toolName({ kind, summary, requester }: ToolCall): string {
  // The name under which recorders of sessions have a wait without a cell.
  if (kind.name === 'invalid_wait' && requester.type === 'model') return 'wait'
  return kind.tool ?? kind.name ?? (summary.type === 'generic' ? summary.label : kind.type)
}

const waitedCells = new WeakMap<TraceState, ReadonlyMap<string, string>>()

/** The cell that a call of `wait` waited for. */
function waitedCell(state: TraceState, call: ToolCall): string | null {
  let found = waitedCells.get(state)
  if (found === undefined) {
    const pairs = Object.values(state.code_cells).flatMap((cell) =>
      cell.wait_tool_call_ids.map((id) => [id, cell.code_cell_id] as const),
    )
    found = new Map(pairs)
    waitedCells.set(state, found)
  }
  return found.get(call.tool_call_id) ?? null
}

/** The call that spawned the agent of a thread. */
function spawningCall(state: TraceState, threadId: string): string | null {
  const origin = state.threads[threadId]?.origin
  const edge = origin?.type === 'spawned' ? state.interaction_edges[origin.spawn_edge_id] : undefined
  const call = edge?.source.type === 'tool_call' ? state.tool_calls[edge.source.tool_call_id] : undefined
  return call === undefined ? null : toolCallStepId(call)
}

function windowOf(execution: ExecutionWindow): Pick<TraceStep, 'start' | 'end' | 'seq' | 'status'> {
  const { started_at_unix_ms: start, ended_at_unix_ms: end, started_seq: seq, status } = execution
  return { start, end, seq, status }
}

function payloadOf(state: TraceState, id: string | null): PayloadReference | null {
  return id !== null && Object.hasOwn(state.raw_payloads, id) ? (state.raw_payloads[id] ?? null) : null
}

function payloadsOf(state: TraceState, ids: readonly (string | null)[]): readonly PayloadReference[] {
  return ids.map((id) => payloadOf(state, id)).filter((reference) => reference !== null)
}
