import { expect } from 'vitest'
import type { TraceState, ViewData } from '../../../src/trace.ts'

/** The data contains everything that it refers to and everything of the state. */
export function expectConsistent(data: ViewData, state: TraceState): void {
  const calls = new Map(data.toolCalls.map((call) => [call.id, call]))
  const payloads = new Set(data.payloads.map(({ id }) => id))
  expect(data.problems).toEqual([])
  expect({
    cells: data.cells.length,
    toolCalls: data.toolCalls.length,
    items: data.items.length,
    inferences: data.inferences.length,
    payloads: data.payloads.length,
  }).toEqual(countsOf(state))
  for (const cell of data.cells) {
    const nested = cell.nestedCallIds.map((id) => calls.get(id)?.cell)
    expect(nested).toEqual(nested.map(() => cell.id))
    expect(cell.waitCallIds.map((id) => calls.get(id)?.name)).toEqual(cell.waitCallIds.map(() => 'wait'))
    const lines = cell.source.split('\n').length
    for (const { line, kind, index } of cell.marks) {
      expect(line).toBeLessThanOrEqual(lines)
      if (index >= 0) expect(kind === 'call' ? cell.nestedCallIds[index] : cell.happenings[index]).toBeDefined()
    }
    // A terminated cell can end without a response.
    if (cell.status === 'completed') expect(cell.modelSaw.length).toBeGreaterThan(0)
  }
  const named = [...data.toolCalls, ...data.inferences].flatMap((object) => object.payloads)
  expect(named.filter((id) => !payloads.has(id))).toEqual([])
}

function countsOf(state: TraceState): Record<string, number> {
  return {
    cells: Object.keys(state.code_cells).length,
    toolCalls: Object.keys(state.tool_calls).length,
    items: Object.keys(state.conversation_items).length,
    inferences: Object.keys(state.inference_calls).length,
    payloads: Object.keys(state.raw_payloads).length,
  }
}
