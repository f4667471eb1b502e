import { approvalNote } from '../trace/timeline/approval-note.ts'
import type { Attributes, Context, Span, Tracer } from '@opentelemetry/api'
import type { NestedCallEnd, SessionEvent } from '../events/session-event.ts'
import type { ContentItem } from '../protocol/content-item.ts'
import { mcpErrorIn } from '../trace/format/mcp-result.ts'
import { itemText, printedText } from '../trace/format/printed-items.ts'
import {
  cellSpan,
  contentAttributes,
  eventAttributes,
  nestedCallSpan,
  outputTexts,
  telemetryEnd,
  telemetryEvents,
} from '../trace/export/otel-conventions.ts'
import type { Clock } from './clock.ts'
import type { OtelApi } from './otel-package.ts'

/** The options and services for all spans. */
export type Telemetry = {
  readonly api: OtelApi
  readonly tracer: Tracer
  readonly content: boolean
  readonly conversation: string | null
  readonly clock: Clock
}

type OfCell = Extract<SessionEvent, { readonly cellId: string }>
type NestedCall = Extract<SessionEvent, { type: 'nested_call_started' }>

/**
 * Makes the span of one cell and those of its nested calls. Resuming a cell emits no repeated events, so it makes no second
 * span.
 */
export class CellTelemetry {
  readonly #telemetry: Telemetry
  readonly #cellId: string
  readonly #span: Span
  readonly #context: Context
  readonly #calls = new Map<string, { readonly span: Span; readonly isMcp: boolean }>()
  /** The printed items, in order. */
  readonly #texts: string[] = []
  #ended: { readonly status: string; readonly at: number; readonly error: string | null } | null = null
  /** The number of running waits: they end after the cell, and belong to its span. */
  #waits = 0
  #phase: 'open' | 'closed' | 'finished' = 'open'

  constructor(telemetry: Telemetry, { cellId, callId, source }: Extract<SessionEvent, { type: 'cell_started' }>) {
    const { api, tracer, content, conversation } = telemetry
    const { name, attributes } = cellSpan({ conversation, cell: cellId, call: callId })
    const parent = api.context.active()
    const inputAttributes = content ? contentAttributes({ input: source }) : {}
    this.#telemetry = telemetry
    this.#cellId = cellId
    this.#span = tracer.startSpan(
      name,
      {
        attributes: { ...attributes, ...inputAttributes },
        kind: api.SpanKind.INTERNAL,
        startTime: telemetry.clock.now(),
      },
      parent,
    )
    this.#context = api.trace.setSpan(parent, this.#span)
  }

  onEvent(event: OfCell): void {
    switch (event.type) {
      case 'cell_run':
        // A program with types is rejected first and runs again without types.
        this.#ended = null
        return
      case 'cell_emitted':
        this.#onEmitted(event.event)
        return
      case 'cell_evicted':
        this.#add('eviction', {})
        return
      case 'cell_revived':
        this.#add('revival', { text: event.reason })
        return
      case 'cell_responded':
        this.#onResponse(event.response)
        return
      case 'nested_call_started':
        this.#startNested(event)
        return
      case 'nested_call_deferred':
        this.#add('deferral', { call: event.callId, text: event.note })
        return
      case 'nested_call_ended':
        this.#endNested(event.callId, event.end)
        return
      case 'approval_asked':
        this.#add('approval', { call: event.callId, status: 'asked' })
        return
      case 'approval_decided': {
        const status = event.allowed ? 'allowed' : 'refused'
        this.#add('approval', { call: event.callId, status, text: approvalNote(event) })
        return
      }
      case 'notified':
        this.#add('notification', { status: event.result, text: event.text })
        return
      default:
    }
  }

  beginWait(): void {
    this.#waits++
  }

  endWait(attributes: Attributes, startedAt: number): void {
    if (this.#phase !== 'finished') this.#span.addEvent(telemetryEvents.wait, attributes, startedAt)
    this.#waits--
    if (this.#phase === 'closed' && this.#waits === 0) this.finish()
  }

  close(): void {
    if (this.#phase === 'open') this.#phase = 'closed'
    this.#ended ??= { status: 'terminated', at: this.#telemetry.clock.now(), error: null }
    if (this.#waits === 0) this.finish()
  }

  /** Ends the span, and those of calls without an end. */
  finish(): void {
    if (this.#phase === 'finished') return
    this.#phase = 'finished'
    for (const callId of this.#calls.keys()) this.#endNested(callId, { type: 'cancelled' })
    const { api, content } = this.#telemetry
    const { status, at, error } = this.#ended ?? { status: 'terminated', at: this.#telemetry.clock.now(), error: null }
    if (content) this.#setOutput(at)
    spanEnding(this.#span, telemetryEnd('script', status), { api, message: content ? error : null })
    this.#span.end(at)
  }

  #setOutput(at: number): void {
    this.#span.setAttributes(contentAttributes({ output: this.#texts.length === 0 ? null : this.#texts.join('\n') }))
    for (const text of outputTexts(this.#texts))
      this.#span.addEvent(telemetryEvents.output, eventAttributes({ text }), at)
  }

  #onEmitted(event: Extract<SessionEvent, { type: 'cell_emitted' }>['event']): void {
    const text = this.#telemetry.content ? printedText(event) : null
    if (text !== null) this.#texts.push(text)
    if (event.type !== 'completed' && event.type !== 'failed' && event.type !== 'rejected') return
    const status = event.type === 'completed' ? 'completed' : 'failed'
    this.#ended = { status, at: this.#telemetry.clock.now(), error: event.type === 'completed' ? null : event.body }
  }

  #onResponse({ type, errorText }: Extract<SessionEvent, { type: 'cell_responded' }>['response']): void {
    if (type === 'yielded') this.#add('yield', {})
    else this.#ended = { at: this.#ended?.at ?? this.#telemetry.clock.now(), status: type, error: errorText }
  }

  #startNested(call: NestedCall): void {
    const { callId, name, identifier, server } = call
    const { api, tracer, content, conversation } = this.#telemetry
    const tool = server === null ? identifier : name
    const described = nestedCallSpan(tool, { conversation, cell: this.#cellId, call: callId, server })
    const attributes = { ...described.attributes, ...(content ? contentAttributes({ input: inputOf(call) }) : {}) }
    const options = { attributes, kind: api.SpanKind.INTERNAL, startTime: this.#telemetry.clock.now() }
    this.#calls.set(callId, { span: tracer.startSpan(described.name, options, this.#context), isMcp: server !== null })
  }

  #endNested(callId: string, end: NestedCallEnd): void {
    const call = this.#calls.get(callId)
    if (call === undefined) return
    this.#calls.delete(callId)
    const { span, isMcp } = call
    const { api, content } = this.#telemetry
    const body = 'body' in end && content ? end.body : null
    if (end.type === 'tool_response') span.setAttributes(contentAttributes({ output: body }))
    const error = isMcp && end.type === 'tool_response' ? mcpErrorIn(end.body) : null
    const status = error === null ? statuses[end.type] : 'failed'
    const message = error === null || !content ? body : error
    spanEnding(span, telemetryEnd('tool', status), { api, message })
    span.end(this.#telemetry.clock.now())
  }

  #add(type: keyof typeof telemetryEvents, about: Parameters<typeof eventAttributes>[0]): void {
    const text = this.#telemetry.content ? (about.text ?? null) : null
    this.#span.addEvent(telemetryEvents[type], eventAttributes({ ...about, text }), this.#telemetry.clock.now())
  }
}

const statuses = { tool_response: 'completed', tool_error: 'failed', cancelled: 'cancelled' } as const

/** Returns the input of a nested call as bundles have it: JSON, or the string for a freeform tool. */
function inputOf({ kind, input }: NestedCall): string {
  if (input === '') return '{}'
  if (kind === 'function') return input
  try {
    const text: unknown = JSON.parse(input)
    return typeof text === 'string' ? text : input
  } catch {
    return input
  }
}

/** Sets the status of a span, and the error if it failed. */
export function spanEnding(
  span: Span,
  { error, attributes }: ReturnType<typeof telemetryEnd>,
  { api, message }: { readonly api: OtelApi; readonly message: string | null },
): void {
  span.setAttributes(attributes)
  if (error === null) return
  span.setStatus({ code: api.SpanStatusCode.ERROR, ...(message === null ? {} : { message }) })
}

/** Joins the text of content items; null if there are none. */
export function textOf(items: readonly ContentItem[]): string | null {
  const texts = items.map((item) => itemText(item))
  return texts.length === 0 ? null : texts.join('\n')
}
