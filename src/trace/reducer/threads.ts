import { isRecord } from '../../protocol/json.ts'
import { memberOf, textOf } from '../format/json-access.ts'
import type { RawEvent, RawPayloadOf } from '../format/raw-event.ts'
import { endWith, invalid, startedBy, type ReducerState } from './reducer-state.ts'
import type { AgentThread, ExecutionWindow, ThreadOrigin } from '../format/trace-state.ts'

/** Starts a thread. Its metadata decides the origin. */
export function startThread(
  reducer: ReducerState,
  event: RawEvent,
  started: RawPayloadOf<'thread_started'>,
  rootId: string,
): void {
  const id = started.thread_id
  if (reducer.threads.has(id)) throw invalid(`duplicate thread start for ${id}`)
  const reference = started.metadata_payload
  const metadata = reference === null ? {} : reducer.readWhole(reference)
  const fields = isRecord(metadata) ? metadata : {}
  const thread: AgentThread = {
    thread_id: id,
    agent_path: started.agent_path,
    nickname: textOf(fields['nickname']),
    origin: metadata === undefined && id !== rootId ? { type: 'unknown' } : originOf(started, fields),
    execution: startedBy(event),
    default_model: textOf(fields['model']),
    conversation_item_ids: [],
  }
  reducer.threads.set(id, {
    thread,
    snapshot: [],
    replacement: undefined,
    listed: new Set(),
    callItems: new Map(),
    outputItems: new Map(),
    terminals: new Map(),
  })
}

function originOf(started: RawPayloadOf<'thread_started'>, metadata: Record<string, unknown>): ThreadOrigin {
  const spawn = memberOf(memberOf(metadata['session_source'], 'subagent'), 'thread_spawn')
  const parent = textOf(memberOf(spawn, 'parent_thread_id'))
  if (parent === null) return { type: 'root' }
  return {
    type: 'spawned',
    parent_thread_id: parent,
    spawn_edge_id: `edge:spawn:${parent}:${started.thread_id}`,
    task_name: textOf(metadata['task_name']) ?? started.agent_path.split('/').at(-1) ?? '',
    agent_role: textOf(metadata['agent_role']) ?? textOf(memberOf(spawn, 'agent_role')) ?? '',
  }
}

export function endThread(reducer: ReducerState, event: RawEvent, ended: RawPayloadOf<'thread_ended'>): void {
  endWith(reducer.thread(ended.thread_id).thread.execution, event, ended.status)
}

export function resumeThread(reducer: ReducerState, resumed: RawPayloadOf<'thread_resumed'>): void {
  const id = resumed.thread_id
  const execution = reducer.threads.get(id)?.thread.execution
  if (execution === undefined) {
    throw invalid(
      `cannot resume thread ${id}: it was not started in this trace; resuming threads from an earlier trace is not supported`,
    )
  }
  if (execution.status === 'running') throw invalid(`resumed thread ${id} has not ended`)
  execution.ended_at_unix_ms = null
  execution.ended_seq = null
  execution.status = 'running'
}

export function startTurn(reducer: ReducerState, event: RawEvent, started: RawPayloadOf<'codex_turn_started'>): void {
  const id = started.codex_turn_id
  if (reducer.turns.has(id)) throw invalid(`duplicate codex turn start for ${id}`)
  reducer.thread(started.thread_id)
  reducer.turns.set(id, {
    codex_turn_id: id,
    thread_id: started.thread_id,
    execution: startedBy(event),
    input_item_ids: [],
  })
}

/** Ends a turn, and its running requests, and its running cells unless it completed. */
export function endTurn(reducer: ReducerState, event: RawEvent, ended: RawPayloadOf<'codex_turn_ended'>): void {
  const id = ended.codex_turn_id
  const turn = reducer.turns.get(id)
  if (turn === undefined) throw invalid(`codex turn end referenced unknown turn ${id}`)
  endWith(turn.execution, event, ended.status)
  for (const call of reducer.inferenceCallsByTurn.get(id) ?? []) {
    endWith(call.execution, event, ended.status === 'completed' ? 'cancelled' : ended.status)
  }
  reducer.inferenceCallsByTurn.delete(id)
  if (ended.status === 'completed' || ended.status === 'running') return
  for (const { cell, isVisible } of reducer.cellsByTurn.get(id) ?? []) {
    if (!isVisible) continue
    cell.runtime_status = ended.status === 'failed' ? 'failed' : 'terminated'
    cell.initial_response_at_unix_ms ??= event.wall_time_unix_ms
    cell.initial_response_seq ??= event.seq
    const status: ExecutionWindow['status'] = ended.status === 'failed' ? 'failed' : 'cancelled'
    endWith(cell.execution, event, status)
  }
  reducer.cellsByTurn.delete(id)
}
