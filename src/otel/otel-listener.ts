import type { Context, Tracer } from '@opentelemetry/api'
import type { SessionEvent, SessionListener } from '../events/session-event.ts'
import { parseWaitedCellId } from '../protocol/waited-cell.ts'
import {
  contentAttributes,
  eventAttributes,
  modelCallSpan,
  telemetryEnd,
  telemetryScope,
} from '../trace/export/otel-conventions.ts'
import { CellTelemetry, spanEnding, textOf, type Telemetry } from './cell-telemetry.ts'
import { Clock } from './clock.ts'
import { loadOtelApi } from './otel-package.ts'
import { checkOptions, type OptionNames } from '../options/check-options.ts'

export type OtelListenerOptions = {
  /**
   * The tracer for all spans.
   *
   * @default the tracer `codecell` of the API's global provider
   */
  readonly tracer?: Tracer
  /**
   * Adds arguments, results and texts to the spans, cut at 32,768 characters.
   *
   * @default false
   */
  readonly captureContent?: boolean
  /**
   * `gen_ai.conversation.id` of all spans.
   *
   * @default none
   */
  readonly conversationId?: string
}

const optionNames: OptionNames<OtelListenerOptions> = {
  tracer: 'any',
  captureContent: 'boolean',
  conversationId: 'any',
}

/**
 * Creates a listener that makes spans of a session: one for each cell, with a child for each nested call, under the context
 * that is active when the cell starts.
 *
 * @throws {CodecellError} `PACKAGE_MISSING` without `@opentelemetry/api`; `PACKAGE_UNSUPPORTED`, `INVALID_OPTION`
 * @example
 * ```ts
 * await using session = await createSession({ listeners: [await createOtelListener()] })
 * ```
 */
export async function createOtelListener(options: OtelListenerOptions = {}): Promise<SessionListener> {
  checkOptions('createOtelListener', options, optionNames)
  const api = await loadOtelApi()
  const { tracer = api.trace.getTracer(telemetryScope), captureContent: content = false } = options
  return new OtelListener({ api, tracer, content, conversation: options.conversationId ?? null, clock: new Clock() })
}

/** A running call of the model; `cell` is the cell that it waits for. */
type ModelCall = {
  readonly input: unknown
  readonly context: Context
  readonly startedAt: number
  readonly cell: CellTelemetry | null
}

class OtelListener implements SessionListener {
  readonly #telemetry: Telemetry
  readonly #cells = new Map<string, CellTelemetry>()
  readonly #calls = new Map<string, ModelCall>()

  constructor(telemetry: Telemetry) {
    this.#telemetry = telemetry
  }

  onEvent(event: SessionEvent): void {
    switch (event.type) {
      case 'model_call_started':
        this.#startCall(event)
        return
      case 'model_call_ended':
        this.#endCall(event)
        return
      case 'cell_started': {
        // The span of the cell is also the span of the call that started it.
        if (event.callId !== null) this.#calls.delete(event.callId)
        this.#cells.set(event.cellId, new CellTelemetry(this.#telemetry, event))
        return
      }
      case 'cell_closed':
        this.#cells.get(event.cellId)?.close()
        this.#cells.delete(event.cellId)
        return
      case 'session_closed':
        for (const cell of this.#cells.values()) cell.finish()
        this.#cells.clear()
        this.#calls.clear()
        return
      default:
        this.#cells.get(event.cellId)?.onEvent(event)
    }
  }

  #startCall({ callId, tool, input }: Extract<SessionEvent, { type: 'model_call_started' }>): void {
    const waited = tool === 'wait' ? parseWaitedCellId(input) : null
    const cell = waited === null ? null : (this.#cells.get(waited) ?? null)
    cell?.beginWait()
    this.#calls.set(callId, {
      input,
      context: this.#telemetry.api.context.active(),
      startedAt: this.#telemetry.clock.now(),
      cell,
    })
  }

  #endCall({ callId, tool, items, success }: Extract<SessionEvent, { type: 'model_call_ended' }>): void {
    const call = this.#calls.get(callId)
    if (call === undefined) return
    this.#calls.delete(callId)
    const { startedAt, cell, context, input } = call
    const endedAt = this.#telemetry.clock.now()
    const status = success ? 'completed' : 'failed'
    if (cell !== null) {
      const durationMs = Math.round(endedAt - startedAt)
      cell.endWait(eventAttributes({ call: callId, status, durationMs }), startedAt)
      return
    }
    const { api, tracer, content, conversation } = this.#telemetry
    const { name, attributes } = modelCallSpan(tool, { conversation, cell: null, call: callId })
    const span = tracer.startSpan(
      name,
      { attributes: { ...attributes }, startTime: startedAt, kind: api.SpanKind.INTERNAL },
      context,
    )
    const output = textOf(items)
    if (content) span.setAttributes(contentAttributes({ input: inputText(input), output: success ? output : null }))
    spanEnding(span, telemetryEnd('tool', status), { api, message: content ? output : null })
    span.end(endedAt)
  }
}

function inputText(input: unknown): string | null {
  if (typeof input === 'string') return input
  try {
    return JSON.stringify(input) ?? null
  } catch {
    return null
  }
}
