import { functionArguments, memberOf } from '../format/json-access.ts'
import type { CodeCell, ToolCall, TraceState } from '../format/trace-state.ts'
import { callEntryId } from '../timeline/timeline-entry.ts'
import type { ViewPayloads } from './payloads.ts'
import type { ViewCellEnd } from './view-data.ts'

type Evidence = {
  readonly state: TraceState
  readonly payloads: ViewPayloads
  readonly errorText: string | null
  /** Whether the cell log says so; other recorders have no log. */
  readonly endedBySession: boolean
  readonly hasLog: boolean
}

/** Finds out what ended a cell; null for a cell without a recorded end. */
export function cellEnd(cell: CodeCell, evidence: Evidence): ViewCellEnd | null {
  const { state, payloads, errorText, endedBySession, hasLog } = evidence
  const { status, ended_seq: endedSeq } = cell.execution
  if (endedSeq === null) return null
  const turn = Object.hasOwn(state.codex_turns, cell.codex_turn_id) ? state.codex_turns[cell.codex_turn_id] : undefined
  const isOfTurn = turn?.execution.ended_seq === endedSeq && turn.execution.status !== 'completed'
  if (isOfTurn) return { by: 'turn', entry: `turn:${cell.codex_turn_id}` }
  if (cell.runtime_status !== 'terminated' && status !== 'cancelled' && status !== 'aborted') {
    return { by: isLimit(errorText) ? 'limit' : 'program', entry: null }
  }
  const wait = cell.wait_tool_call_ids.map((id) => state.tool_calls[id]).findLast((call) => ends(call, payloads))
  if (wait !== undefined) return { by: 'model', entry: callEntryId(wait.tool_call_id) }
  if (endedBySession) return { by: 'session', entry: null }
  return { by: hasLog ? 'application' : 'unknown', entry: null }
}

function ends(wait: ToolCall | undefined, payloads: ViewPayloads): boolean {
  if (wait === undefined) return false
  return memberOf(functionArguments(payloads.readById(wait.raw_invocation_payload_id)), 'terminate') === true
}

function isLimit(errorText: string | null): boolean {
  return errorText?.startsWith('resource limit exceeded: ') === true
}
