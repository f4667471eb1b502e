import type { RawEvent, RawPayloadOf } from '../format/raw-event.ts'
import { newCell, setEnd, setInitialResponse } from './cell-lifecycle.ts'
import { addTo, invalid, pairKey, type TrackedCell, type ReducerState } from './reducer-state.ts'
import type { ConversationItem } from '../format/trace-state.ts'

/**
 * Starts a cell. Its id in the state derives from the model's call, because runtime ids belong to one service and the model
 * never sees them. The cell is not part of the state until the item of that call appears.
 */
export function startCell(reducer: ReducerState, event: RawEvent, started: RawPayloadOf<'code_cell_started'>): void {
  const id = `code_cell:${started.model_visible_call_id}`
  const turnId = event.codex_turn_id
  if (turnId === null) throw invalid(`code cell start ${id} did not include a Codex turn id`)
  const turn = reducer.turns.get(turnId)
  if (turn === undefined) throw invalid(`code cell start referenced unknown Codex turn ${turnId}`)
  const threadId = event.thread_id ?? turn.thread_id
  if (reducer.cells.has(id)) throw invalid(`duplicate code cell start for ${id}`)
  const runtimeKey = pairKey(threadId, started.runtime_cell_id)
  const other = reducer.cellsByRuntimeId.get(runtimeKey)
  if (other !== undefined) {
    throw invalid(
      `runtime code cell ${started.runtime_cell_id} in thread ${threadId} mapped to both ${other.cell.code_cell_id} and ${id}`,
    )
  }
  const record: TrackedCell = { cell: newCell(event, started, threadId, turnId), isVisible: false, hiddenCalls: [] }
  reducer.cells.set(id, record)
  reducer.cellsByRuntimeId.set(runtimeKey, record)
  addTo(reducer.cellsByTurn, turnId, record)
  const index = reducer.threads.get(threadId)
  const [source] = index?.callItems.get(started.model_visible_call_id) ?? []
  const item = source === undefined ? undefined : reducer.items.get(source)
  if (item !== undefined) showCell(reducer, item)
}

/** Adds a cell to the state when the item of its call appears, with the outputs that came before. */
export function showCell(reducer: ReducerState, item: ConversationItem): void {
  const record = item.call_id === null ? undefined : reducer.cells.get(`code_cell:${item.call_id}`)
  if (record === undefined || record.isVisible || record.cell.thread_id !== item.thread_id) return
  record.isVisible = true
  record.cell.nested_tool_call_ids.push(...record.hiddenCalls.toSorted())
  record.cell.source_item_id = item.item_id
  const callId = record.cell.model_visible_call_id
  const call = reducer.toolCallsByVisibleId.get(callId)
  if (call?.thread_id === item.thread_id) call.started_code_cell_id = record.cell.code_cell_id
  for (const itemId of reducer.thread(item.thread_id).outputItems.get(callId) ?? []) {
    const output = reducer.items.get(itemId)
    if (output !== undefined) linkItemToCell(reducer, output, callId)
  }
}

/** Links an item to its cell: outputs of the cell's call are what it printed and notified. */
export function linkItemToCell(reducer: ReducerState, item: ConversationItem, callId: string): void {
  const record = reducer.cells.get(`code_cell:${callId}`)
  if (record === undefined || !record.isVisible) return
  record.cell.output_item_ids.push(item.item_id)
  item.produced_by.push({ type: 'code_cell', code_cell_id: record.cell.code_cell_id })
}

export function addInitialResponse(
  reducer: ReducerState,
  event: RawEvent,
  response: RawPayloadOf<'code_cell_initial_response'>,
): void {
  const { cell } = cellOf(reducer, event, response.runtime_cell_id, 'code cell initial response')
  setInitialResponse(cell, event, response, reducer.registerOptional(response.response_payload))
}

export function endCell(reducer: ReducerState, event: RawEvent, ended: RawPayloadOf<'code_cell_ended'>): void {
  const record = cellOf(reducer, event, ended.runtime_cell_id, 'code cell end')
  const { cell } = record
  setEnd(cell, event, ended, reducer.registerOptional(ended.response_payload))
  reducer.cellsByTurn.get(cell.codex_turn_id)?.delete(record)
}

function cellOf(reducer: ReducerState, event: RawEvent, runtimeId: string, what: string): TrackedCell {
  const threadId = reducer.threadIdOf(event)
  if (threadId === undefined) throw invalid(`${what} ${runtimeId} did not include a thread id`)
  const record = reducer.cellsByRuntimeId.get(pairKey(threadId, runtimeId))
  if (record === undefined) throw invalid(`${what} referenced unknown runtime cell ${runtimeId} in thread ${threadId}`)
  return record
}
