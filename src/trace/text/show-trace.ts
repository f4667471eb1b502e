import { isRecordingClosed, type TraceState } from '../format/trace-state.ts'
import type { TimelineEntry } from '../timeline/timeline-entry.ts'
import { traceTimeline, type TimelineSource } from '../timeline/timeline.ts'
import { paintedStatus, paintFor } from './colors.ts'
import { oneLine } from './plain-text.ts'
import { showCell } from './show-cell.ts'
import { showCall, showModel } from './show-call.ts'
import type { ShowContext } from './show-context.ts'
import { calendarTime, lasted } from './times.ts'
import { checkOptions, type OptionNames } from '../../options/check-options.ts'

export type ShowOptions = {
  /**
   * The width of a line; longer lines are cut.
   *
   * @default 100
   */
  readonly width?: number
  /**
   * Does not cut anything.
   *
   * @default false
   */
  readonly full?: boolean
  readonly color?: boolean
  /** Shows only the cells with this id. */
  readonly cell?: string
}

const optionNames: OptionNames<ShowOptions> = { width: 'any', full: 'boolean', color: 'boolean', cell: 'any' }

/**
 * Shows a trace as a tree of lines: threads, turns, requests to models, cells with their nested calls, waits and outputs. Text
 * of the trace is escaped, so a terminal never executes it.
 */
export function* showTrace(state: TraceState, source: TimelineSource, options: ShowOptions = {}): Generator<string> {
  checkOptions('showTrace', options, optionNames)
  const { width = 100, full = false, color = false, cell } = options
  const { entries, reader } = traceTimeline(state, source)
  const context: ShowContext = {
    paint: paintFor({ color }),
    width: Math.max(40, width),
    isWhole: full,
    reader,
    children: Map.groupBy(entries, ({ parent }) => parent ?? ''),
    startedAt: state.started_at_unix_ms,
  }
  if (cell !== undefined) {
    for (const entry of entries.filter((each) => each.type === 'cell' && each.cell === cell))
      yield* showCell(entry, context)
    return
  }
  yield traceLine(state, context)
  for (const entry of entries) if (entry.type === 'thread') yield* showThread(entry, context)
}

function traceLine(state: TraceState, context: ShowContext): string {
  const { paint } = context
  const facts = [
    paintedStatus(state.status, paint),
    lasted(state.started_at_unix_ms, state.ended_at_unix_ms),
    calendarTime(state.started_at_unix_ms),
    ...(isRecordingClosed(state) ? [] : [paint.notable('the log was cut')]),
  ]
  return `${paint.strong(`trace ${shortText(state.trace_id, context)}`)}  ${facts.join(' · ')}`
}

function* showThread(thread: TimelineEntry, context: ShowContext): Generator<string> {
  const { paint } = context
  const parent = thread.parent === null ? '' : ` · spawned by ${shortText(thread.parent.replace(/^\w+:/, ''), context)}`
  const name = paint.strong(`thread ${shortText(thread.name, context)}`)
  yield `${name}  ${paintedStatus(thread.status, paint)} · ${lasted(thread.start, thread.end)}${parent}`
  yield* showChildren(thread, context, '  ')
}

function* showChildren(parent: TimelineEntry, context: ShowContext, indent: string): Generator<string> {
  for (const entry of context.children.get(parent.id) ?? []) {
    for (const line of showEntry(entry, context)) yield `${indent}${line}`
  }
}

function* showEntry(entry: TimelineEntry, context: ShowContext): Generator<string> {
  const { paint } = context
  switch (entry.type) {
    // Threads are shown at the top level, wherever they were spawned.
    case 'thread':
      return
    case 'turn':
      yield `${paint.strong(`turn ${shortText(entry.name, context)}`)}  ${paintedStatus(entry.status, paint)} · ${lasted(entry.start, entry.end)}`
      yield* showChildren(entry, context, '  ')
      return
    case 'inference':
    case 'compaction':
      yield* showModel(entry, context)
      return
    case 'cell':
      yield* showCell(entry, context)
      return
    default:
      yield* showCall(entry, context)
  }
}

function shortText(text: string, { isWhole }: ShowContext): string {
  return oneLine(text, { width: 60, isWhole })
}
