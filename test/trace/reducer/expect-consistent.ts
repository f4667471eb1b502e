import { expect } from 'vitest'
import type { ViewData } from '../../../src/trace.ts'
import type { TraceState } from '../../../src/trace-format.ts'

/** The data contains everything that it refers to and everything of the state. */
export function expectConsistent(data: ViewData, state: TraceState): void {
  const entries = new Map(data.entries.map((entry) => [entry.id, entry]))
  const payloads = new Set(data.payloads.map(({ id }) => id))
  expect(data.problems).toEqual([])
  expect(countsIn(data)).toEqual(countsOf(state))
  expect(data.toolCalls.filter(({ id }) => !entries.has(id))).toEqual([])
  for (const cell of data.cells) {
    const nested = cell.nestedCallIds.map((id) => entries.get(id))
    expect(nested.map((entry) => [entry?.type, entry?.parent])).toEqual(nested.map(() => ['nested_call', cell.id]))
    const lines = cell.source.split('\n').length
    for (const { line, kind, index } of cell.marks) {
      expect(line).toBeLessThanOrEqual(lines)
      if (index >= 0) expect(kind === 'call' ? cell.nestedCallIds[index] : cell.events[index]).toBeDefined()
    }
    const entry = entries.get(cell.id)
    expect(entry?.type).toBe('cell')
    // A terminated cell can end without a response.
    if (entry?.status === 'completed') expect(cell.modelSaw.length).toBeGreaterThan(0)
  }
  const items = new Set(data.items.map(({ id }) => id))
  const inRequests = data.requests.flatMap(({ rest, added, response }) => [...(rest ?? []), ...added, ...response])
  expect(inRequests.filter((id) => !items.has(id))).toEqual([])
  expect(contextsOf(data)).toEqual(
    Object.fromEntries(
      Object.values(state.inference_calls).map((call) => [call.inference_call_id, call.request_item_ids]),
    ),
  )
  const named = data.entries.flatMap((entry) => entry.payloads)
  expect(named.filter((id) => !payloads.has(id))).toEqual([])
}

/** Returns the items of each request, from what the data repeats and what it lists. */
function contextsOf({ requests }: ViewData): Record<string, readonly string[]> {
  const last = new Map<string, readonly string[]>()
  return Object.fromEntries(
    requests.map(({ id, threadId, kept, rest, response }) => {
      const items = [...(last.get(threadId) ?? []).slice(0, kept), ...(rest ?? [])]
      last.set(threadId, [...items, ...response])
      return [id, items]
    }),
  )
}

function countsIn(data: ViewData): Record<string, number> {
  const ofType = (...types: readonly string[]): number => data.entries.filter(({ type }) => types.includes(type)).length
  return {
    turns: ofType('turn'),
    inferences: ofType('inference'),
    compactions: ofType('compaction'),
    cells: data.cells.length,
    calls: ofType('nested_call', 'wait', 'tool_call'),
    items: data.items.length,
    payloads: data.payloads.length,
  }
}

function countsOf(state: TraceState): Record<string, number> {
  const count = (objects: object): number => Object.keys(objects).length
  const startedCells = Object.values(state.tool_calls).filter((call) => call.started_code_cell_id !== undefined)
  return {
    turns: count(state.codex_turns),
    inferences: Object.values(state.inference_calls).filter(({ model }) => model !== 'unrecorded').length,
    compactions: count(state.compaction_requests),
    cells: count(state.code_cells),
    calls: count(state.tool_calls) - startedCells.length,
    items: count(state.conversation_items),
    payloads: count(state.raw_payloads),
  }
}
