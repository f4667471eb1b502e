import { contentResult, type CallContent, type CallNumber } from '../call-content.ts'
import { readSharedState } from './report-session.ts'
import type { SharedStore } from './shared-store.ts'
import type { SessionState } from './state/session-state.ts'

/** Reads the stored content of a call of a session in a shared store. */
export async function readSharedCall(store: SharedStore, id: string, call: CallNumber): Promise<CallContent> {
  return await readSharedState(store, id, (state) => contentOf(state, call))
}

function contentOf(state: SessionState, { cellId, number }: CallNumber): CallContent {
  const cell = state.cells.get(Number(cellId))
  const call = cell?.calls.get(number)
  const provided = call?.deferral?.provided ?? null
  const command = [...(cell?.journal?.journal.commands() ?? [])].find(
    (each) => each.type !== 'timeout_fired' && each.id === number,
  )
  const journaled = command === undefined || command.type === 'timeout_fired' ? null : command
  const response = provided ?? journaled
  const result = call?.result ?? null
  return {
    input: call?.wholeInput ?? cell?.approvals.get(number)?.input ?? null,
    result:
      result !== null
        ? contentResult('tool_response', result)
        : response === null
          ? null
          : contentResult(response.type, response.body),
  }
}
