import type { TraceState } from '../format/trace-state.ts'
import type { TimelineEntry } from '../timeline/timeline-entry.ts'
import type { EntryReader } from '../timeline/entry-reader.ts'
import { lastTimeOf, traceTimeline, type TimelineSource } from '../timeline/timeline.ts'

type ChromeEvent = {
  /** M: a name; X: a bar; b, e: the ends of a bar that others overlap; i: an instant; s, f: the ends of an arrow. */
  readonly ph: 'M' | 'X' | 'b' | 'e' | 'i' | 's' | 'f'
  readonly name: string
  readonly cat: string
  readonly pid: number
  readonly tid: number
  /** Microseconds. */
  readonly ts: number
  readonly dur?: number
  readonly id?: string
  /** The arrow ends at the bar that contains its end. */
  readonly bp?: 'e'
  readonly s?: 't'
  readonly args?: Args
}

export type ChromeTrace = { readonly displayTimeUnit: 'ms'; readonly traceEvents: readonly ChromeEvent[] }

/**
 * Exports a trace in the Trace Event Format, for Perfetto and chrome://tracing. Each thread of the agent is a process, with a
 * row for the turns, one for each cell with its nested calls, and rows for waits, with an arrow from the cell to each. Entries
 * without an end last until the end of the trace. The arguments of a cell have everything that it printed.
 */
export function exportChromeTrace(state: TraceState, source: TimelineSource): ChromeTrace {
  const { entries, reader } = traceTimeline(state, source)
  const rows = new Rows()
  const layout = { rows, lastTime: lastTimeOf(state, entries), reader }
  const traceEvents = entries.flatMap((entry) => eventsOf(entry, layout))
  return { displayTimeUnit: 'ms', traceEvents: [...rows.names, ...traceEvents] }
}

type Layout = { readonly rows: Rows; readonly lastTime: number; readonly reader: EntryReader }

function eventsOf(entry: TimelineEntry, layout: Layout): readonly ChromeEvent[] {
  const { rows } = layout
  switch (entry.type) {
    case 'thread':
      rows.process(entry.thread, entry.name)
      return []
    case 'turn':
      return [bar(entry, `turn ${entry.name}`, rows.row(entry.thread, 'turns'), layout)]
    case 'cell':
      return [
        bar(entry, `cell ${entry.cell ?? ''}`, rows.row(entry.thread, entry.id, `cell ${entry.cell ?? ''}`), layout),
      ]
    case 'wait':
      return waitEvents(entry, layout)
    case 'nested_call':
      return pair(
        entry,
        entry.label,
        rows.row(entry.thread, entry.parent ?? 'turns', `cell ${entry.cell ?? ''}`),
        layout,
      )
    case 'inference':
    case 'compaction':
      return pair(entry, entry.name, rows.row(entry.thread, 'models'), layout)
    case 'tool_call':
      return pair(entry, entry.name, rows.row(entry.thread, 'tools'), layout)
    case 'yield':
    case 'notification':
    case 'approval':
    case 'deferral':
    case 'eviction':
    case 'revival':
    case 'revert': {
      const row = rows.row(entry.thread, entry.parent ?? 'turns', `cell ${entry.cell ?? ''}`)
      return [
        {
          ph: 'i',
          s: 't',
          name: entry.name,
          cat: entry.type,
          ...row,
          ts: entry.start * 1000,
          args: argsOf(entry, layout),
        },
      ]
    }
    default:
      return entry.type satisfies never
  }
}

type Row = { readonly pid: number; readonly tid: number }

function bar(entry: TimelineEntry, name: string, row: Row, layout: Layout): ChromeEvent {
  const { start, end } = spanOf(entry, layout)
  return { ph: 'X', name, cat: entry.type, ...row, ts: start, dur: end - start, args: argsOf(entry, layout) }
}

function pair(entry: TimelineEntry, name: string, row: Row, layout: Layout): readonly ChromeEvent[] {
  const { start, end } = spanOf(entry, layout)
  const both = { name, cat: entry.type, id: entry.id, ...row }
  return [
    { ph: 'b', ...both, ts: start, args: argsOf(entry, layout) },
    { ph: 'e', ...both, ts: end },
  ]
}

/**
 * Returns a wait and its arrow. Arrows end only at bars, and bars of one row must not overlap: concurrent waits get different
 * rows.
 */
function waitEvents(entry: TimelineEntry, layout: Layout): readonly ChromeEvent[] {
  const { rows } = layout
  const span = spanOf(entry, layout)
  const row = rows.free(entry.thread, 'waits', span)
  const wait = bar(entry, `wait ${entry.cell ?? ''}`.trim(), row, layout)
  const from = entry.parent?.startsWith('cell:') === true ? rows.row(entry.thread, entry.parent, '') : null
  const origin = entry.parent === null ? undefined : rows.starts.get(entry.parent)
  if (from === null || origin === undefined) return [wait]
  const arrow = { name: 'wait', cat: 'wait', id: entry.id }
  return [wait, { ph: 's', ...arrow, ...from, ts: origin }, { ph: 'f', bp: 'e', ...arrow, ...row, ts: span.start }]
}

function spanOf(entry: TimelineEntry, { rows, lastTime }: Layout): { readonly start: number; readonly end: number } {
  const start = entry.start * 1000
  if (entry.type === 'cell') rows.starts.set(entry.id, start)
  return { start, end: Math.max(start, (entry.end ?? lastTime) * 1000) }
}

type Args = Readonly<Record<string, string | number | boolean | null>>

function argsOf(entry: TimelineEntry, { reader }: Layout): Args {
  const { id, type, call, status, end, server, usage, text } = entry
  return {
    id,
    status,
    ...(call === null ? {} : { call }),
    ...(server === null ? {} : { server }),
    ...(usage === null ? {} : { input_tokens: usage.input_tokens, output_tokens: usage.output_tokens }),
    ...(end === null ? { unfinished: true } : {}),
    ...(type === 'notification' && text !== null ? { text } : {}),
    ...(type === 'cell' || type === 'nested_call' ? contentOf(entry, reader) : {}),
  }
}

/** Returns everything that a cell printed, and the error of a cell or nested call. */
function contentOf(entry: TimelineEntry, reader: EntryReader): Args {
  const { output, error, modelOutput } = reader.contentOf(entry)
  return {
    ...(entry.type === 'cell' && output !== null ? { output } : {}),
    ...(modelOutput === null ? {} : { model_output: modelOutput }),
    ...(error === null ? {} : { error }),
  }
}

/** Numbers processes and rows, and holds the events that name them. */
class Rows {
  readonly names: ChromeEvent[] = []
  readonly starts = new Map<string, number>()
  readonly #processes = new Map<string, number>()
  readonly #rows = new Map<string, Row>()
  readonly #busyUntil = new Map<string, number>()

  process(thread: string, name: string): number {
    const known = this.#processes.get(thread)
    if (known !== undefined) return known
    const pid = this.#processes.size + 1
    this.#processes.set(thread, pid)
    this.#name('process_name', { pid, tid: 0 }, name)
    return pid
  }

  row(thread: string, key: string, name: string = key): Row {
    const rowKey = `${thread}\n${key}`
    const known = this.#rows.get(rowKey)
    if (known !== undefined) return known
    const row = { pid: this.process(thread, thread), tid: this.#rows.size + 1 }
    this.#rows.set(rowKey, row)
    this.#name('thread_name', row, name)
    return row
  }

  /** Returns the first row of this name that is free. Spans come in the order of their starts. */
  free(thread: string, name: string, { start, end }: { readonly start: number; readonly end: number }): Row {
    let number = 0
    const key = (): string => `${name} ${number}`
    while ((this.#busyUntil.get(`${thread}\n${key()}`) ?? -1) > start) number++
    this.#busyUntil.set(`${thread}\n${key()}`, end)
    return this.row(thread, key(), name)
  }

  #name(name: 'process_name' | 'thread_name', row: Row, text: string): void {
    this.names.push({ ph: 'M', name, cat: '__metadata', ...row, ts: 0, args: { name: text } })
  }
}
