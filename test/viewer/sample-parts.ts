import type {
  ViewCell,
  ViewData,
  ViewEntry,
  ViewItem,
  ViewText,
  ViewThread,
  ViewToolCall,
  ViewTotals,
} from '../../src/trace/view/view-data.ts'

export const start: number = Date.UTC(2026, 10, 24, 9, 0, 0)

export function text(whole: string, length: number = whole.length): ViewText {
  return { text: whole, length }
}

/** A part of the data: an entry and its details. */
export type Part = { readonly entry: ViewEntry; readonly cell?: ViewCell; readonly call?: ViewToolCall }

type Change<T extends { readonly id: string }> = Partial<Omit<T, 'id'>>

export function entry(type: ViewEntry['type'], id: string, change: Change<ViewEntry>): ViewEntry {
  return {
    type,
    id,
    parent: null,
    thread: 'thread-1',
    cell: null,
    call: null,
    name: id,
    label: change.name ?? id,
    server: null,
    start,
    end: start + 1000,
    status: 'completed',
    isError: change.status === 'failed',
    usage: null,
    cost: null,
    failure: null,
    payloads: [],
    ...change,
  }
}

/** A cell that completed; its entry has the id `cell:<id>`. */
export function cellPart(id: string, change: Change<ViewEntry> = {}, details: Change<ViewCell> = {}): Part {
  return {
    entry: entry('cell', `cell:${id}`, { parent: 'turn:1', name: 'exec', cell: id, call: `exec-${id}`, ...change }),
    cell: {
      id: `cell:${id}`,
      yields: [],
      source: 'text("done")',
      end: { by: 'program', entry: null },
      nestedCallIds: [],
      marks: [],
      events: [],
      errorText: null,
      modelSaw: [],
      printed: null,
      hasLog: true,
      ...details,
    },
  }
}

/** A call that succeeded; its entry has the id `call:<id>`, and belongs to a cell if there is one. */
export function callPart(
  id: string,
  { cell = null, ...change }: Change<ViewEntry>,
  details: Change<ViewToolCall> = {},
): Part {
  const type = change.name === 'wait' ? 'wait' : cell === null ? 'tool_call' : 'nested_call'
  const parent = cell === null ? 'turn:1' : `cell:${cell}`
  return {
    entry: entry(type, `call:${id}`, { parent, cell, name: 'fetch_page', end: start + 100, ...change }),
    call: {
      id: `call:${id}`,
      kind: 'other',
      line: null,
      input: text('{}'),
      output: text('ok'),
      errorText: null,
      ...details,
    },
  }
}

export function dataOf(parts: readonly Part[]): Pick<ViewData, 'entries' | 'cells' | 'toolCalls' | 'totals'> {
  const entries = parts.map((part) => part.entry)
  return {
    entries,
    cells: parts.flatMap(({ cell }) => (cell === undefined ? [] : [cell])),
    toolCalls: parts.flatMap(({ call }) => (call === undefined ? [] : [call])),
    totals: totalsOf(entries),
  }
}

function totalsOf(entries: readonly ViewEntry[]): ViewTotals {
  const requests = entries.filter(({ type }) => type === 'inference')
  const sum = (name: keyof ViewTotals['usage']): number =>
    requests.reduce((all, { usage }) => all + (usage?.[name] ?? 0), 0)
  return {
    requests: requests.length,
    requestsWithoutUsage: requests.filter(({ usage }) => usage === null).length,
    usage: {
      input_tokens: sum('input_tokens'),
      cached_input_tokens: sum('cached_input_tokens'),
      cache_write_input_tokens: sum('cache_write_input_tokens'),
      output_tokens: sum('output_tokens'),
      reasoning_output_tokens: sum('reasoning_output_tokens'),
    },
    cost: null,
    requestsWithoutPrice: 0,
    cells: entries.filter(({ type }) => type === 'cell').length,
    calls: entries.filter(({ type }) => ['nested_call', 'wait', 'tool_call'].includes(type)).length,
    errors: entries.filter(({ isError }) => isError).length,
  }
}

export function thread(id: string, path: string, change: Change<ViewThread> = {}): ViewThread {
  return {
    id,
    path,
    nickname: null,
    role: null,
    task: null,
    model: null,
    parent: null,
    start,
    end: start + 9000,
    status: 'completed',
    totals: totalsOf([]),
    ...change,
  }
}

export function item(id: string, change: Change<ViewItem>): ViewItem {
  return {
    id,
    threadId: 'thread-1',
    turnId: null,
    at: start,
    role: 'user',
    channel: null,
    kind: 'message',
    callId: null,
    name: null,
    entry: null,
    author: null,
    recipient: null,
    text: text(''),
    ...change,
  }
}

export function viewData(change: Partial<ViewData>): ViewData {
  return {
    format: 3,
    traceId: 'trace-1',
    rolloutId: 'rollout-1',
    status: 'completed',
    span: { start, end: start + 10_000 },
    isComplete: true,
    rootThreadId: 'thread-1',
    threads: [thread('thread-1', '/root')],
    totals: totalsOf([]),
    prices: null,
    entries: [],
    cells: [],
    toolCalls: [],
    items: [],
    requests: [],
    compactions: [],
    edges: [],
    payloads: [],
    unreduced: [],
    counts: { events: 0, payloads: 0 },
    problems: [],
    ...change,
  }
}
