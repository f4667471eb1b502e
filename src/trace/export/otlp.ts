import { hash } from 'node:crypto'
import type { EntryReader } from '../timeline/entry-reader.ts'
import {
  cellSpan,
  contentAttributes,
  eventAttributes,
  outputTexts,
  modelCallSpan,
  modelSpan,
  nestedCallSpan,
  telemetryEnd,
  telemetryEvents,
  telemetryScope,
  turnSpan,
  type TelemetryAttributes,
  type TelemetrySpan,
  type TelemetryValue,
} from './otel-conventions.ts'
import type { TimelineEntry } from '../timeline/timeline-entry.ts'
import { lastTimeOf, traceTimeline, type TimelineSource } from '../timeline/timeline.ts'
import type { TraceState } from '../format/trace-state.ts'

type OtlpValue =
  | { readonly stringValue: string }
  | { readonly intValue: string }
  | { readonly doubleValue: number }
  | { readonly boolValue: boolean }
type OtlpAttribute = { readonly key: string; readonly value: OtlpValue }

type OtlpSpan = {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  /** 1: internal; 3: client, for a remote service. */
  readonly kind: 1 | 3
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: readonly OtlpAttribute[]
  readonly events: readonly {
    readonly name: string
    readonly timeUnixNano: string
    readonly attributes: readonly OtlpAttribute[]
  }[]
  readonly status: { readonly code?: 2; readonly message?: string }
}

/** The JSON form of OTLP's `ExportTraceServiceRequest`. */
export type OtlpTraceRequest = {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly OtlpAttribute[] }
    readonly scopeSpans: readonly { readonly scope: { readonly name: string }; readonly spans: readonly OtlpSpan[] }[]
  }[]
}

/** The maximum number of spans in a request: receivers limit the size of requests. */
const maxSpansPerRequest = 500

/**
 * Exports a trace as OpenTelemetry spans, in requests of at most 500. Ids derive from the ids of the trace: exporting a bundle
 * twice gives the same spans. Entries without an end last until the end of the trace. Arguments, results and messages require
 * `content`.
 */
export function* exportOtlp(
  state: TraceState,
  source: TimelineSource,
  { content = false, serviceName = 'codecell' }: { readonly content?: boolean; readonly serviceName?: string } = {},
): Generator<OtlpTraceRequest> {
  const { entries, reader } = traceTimeline(state, source)
  const context: Context = { state, content, reader, lastTime: lastTimeOf(state, entries), ...indexed(entries) }
  const resource = { attributes: attributesOf({ 'service.name': serviceName }) }
  let spans: OtlpSpan[] = []
  for (const entry of entries) {
    const span = spanOf(entry, context)
    if (span === null) continue
    if (spans.length === maxSpansPerRequest) {
      yield { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: telemetryScope }, spans }] }] }
      spans = []
    }
    spans.push(span)
  }
  yield { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: telemetryScope }, spans }] }] }
}

type Context = {
  readonly state: TraceState
  readonly reader: EntryReader
  readonly content: boolean
  readonly lastTime: number
  readonly byId: ReadonlyMap<string, TimelineEntry>
  readonly eventsOf: ReadonlyMap<string, readonly TimelineEntry[]>
}

function indexed(entries: readonly TimelineEntry[]): Pick<Context, 'byId' | 'eventsOf'> {
  const ofCells = entries.filter((entry) => isEvent(entry))
  return {
    byId: new Map(entries.map((entry) => [entry.id, entry])),
    eventsOf: Map.groupBy(ofCells, ({ parent }) => parent ?? ''),
  }
}

/** Returns whether an entry is an event of a cell's span. A wait without a cell is a span, because it failed by itself. */
function isEvent({ type, parent }: TimelineEntry): boolean {
  return Object.hasOwn(telemetryEvents, type) && parent?.startsWith('cell:') === true
}

function spanOf(entry: TimelineEntry, context: Context): OtlpSpan | null {
  const described = describe(entry, context)
  if (described === null || isEvent(entry)) return null
  const { state, reader, content, lastTime, eventsOf } = context
  const isTool = entry.type !== 'inference' && entry.type !== 'turn' && entry.type !== 'compaction'
  const isMcp = entry.type === 'nested_call' && entry.server !== null
  const read = content || isMcp ? reader.contentOf(entry) : null
  // A server reports an error of a tool in a result.
  const isError = isMcp && entry.status === 'completed' && read?.error !== null
  const end = telemetryEnd(entry.type === 'cell' ? 'script' : 'tool', isError ? 'failed' : entry.status)
  const contents = content ? read : null
  const parent = parentOf(entry, context)
  return {
    traceId: hash('sha256', `trace ${state.trace_id}`).slice(0, 32),
    spanId: spanId(state, entry.id),
    ...(parent === null ? {} : { parentSpanId: spanId(state, parent.id) }),
    name: described.name,
    kind: entry.type === 'inference' || entry.type === 'compaction' ? 3 : 1,
    startTimeUnixNano: nanoseconds(entry.start),
    endTimeUnixNano: nanoseconds(Math.max(entry.start, entry.end ?? lastTime)),
    attributes: attributesOf({
      ...described.attributes,
      ...end.attributes,
      ...(contents !== null && isTool ? contentAttributes({ input: contents.input, output: contents.output }) : {}),
    }),
    events: [
      ...(eventsOf.get(entry.id) ?? []).map((event) => ({
        name: eventName(event),
        timeUnixNano: nanoseconds(event.start),
        attributes: attributesOf(eventOf(event, content)),
      })),
      ...(content ? outputEvents(entry, reader) : []),
    ],
    status: end.error === null ? {} : { code: 2, ...(contents?.error ? { message: contents.error } : {}) },
  }
}

/** Returns the events with the output of a cell that is too long for an attribute. */
function outputEvents(entry: TimelineEntry, reader: EntryReader): OtlpSpan['events'] {
  const printed = reader.cellOutputOf(entry)?.printed ?? []
  return outputTexts(printed.map(({ text }) => text)).map((text) => ({
    name: telemetryEvents.output,
    timeUnixNano: nanoseconds(entry.end ?? entry.start),
    attributes: attributesOf(eventAttributes({ text })),
  }))
}

function describe(entry: TimelineEntry, { state }: Context): TelemetrySpan | null {
  const call = { conversation: entry.thread, cell: entry.cell, call: entry.call }
  switch (entry.type) {
    case 'turn': {
      const thread = state.threads[entry.thread]
      return turnSpan(thread?.nickname ?? thread?.agent_path ?? '', { conversation: entry.thread })
    }
    case 'inference':
    case 'compaction':
      return modelSpan({
        model: entry.name,
        provider: entry.server,
        conversation: entry.thread,
        responseId: entry.text,
        usage: entry.usage,
      })
    case 'cell':
      return cellSpan(call)
    case 'nested_call':
      return nestedCallSpan(entry.name, { ...call, server: entry.server })
    case 'wait':
    case 'tool_call':
      return modelCallSpan(entry.name, call)
    case 'thread':
    case 'yield':
    case 'notification':
    case 'approval':
    case 'deferral':
    case 'eviction':
    case 'revival':
    case 'revert':
      return null
    default:
      return entry.type satisfies never
  }
}

/**
 * Returns the entry whose span is the parent. Threads have no span: the parent of their turns is the call that spawned the
 * agent.
 */
function parentOf(entry: TimelineEntry, { byId }: Context): TimelineEntry | null {
  const parent = entry.parent === null ? undefined : byId.get(entry.parent)
  if (parent?.type !== 'thread') return parent ?? null
  return (parent.parent === null ? undefined : byId.get(parent.parent)) ?? null
}

function eventName({ type }: TimelineEntry): string {
  const names: Readonly<Record<string, string>> = telemetryEvents
  return names[type] ?? type
}

function eventOf({ type, call, status, start, end, text }: TimelineEntry, content: boolean): TelemetryAttributes {
  return eventAttributes({
    call,
    status,
    ...(type === 'wait' && end !== null ? { durationMs: end - start } : {}),
    text: content ? text : null,
  })
}

function spanId(state: TraceState, id: string): string {
  return hash('sha256', `span ${state.trace_id} ${id}`).slice(0, 16)
}

function nanoseconds(milliseconds: number): string {
  return `${milliseconds}000000`
}

function attributesOf(attributes: TelemetryAttributes): readonly OtlpAttribute[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: valueOf(value) }))
}

function valueOf(value: TelemetryValue): OtlpValue {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
}
