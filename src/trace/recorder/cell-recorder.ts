import type { CellResponse, SessionEvent } from '../../events/session-event.ts'
import type { StartCommand } from '../../protocol/command.ts'
import type { EnginePrint } from '../../protocol/engine-print.ts'
import { remarkText } from '../../protocol/remark.ts'
import type { CellLogHead, CellLogLine } from '../format/cell-log.ts'
import type { ModelCallRecorder } from './model-call-recorder.ts'
import { NestedCallsRecorder, type NestedKinds } from './nested-calls-recorder.ts'
import type { PayloadReference } from '../format/raw-event.ts'
import type { EventLog } from './event-log.ts'
import { jsonOf } from './safe-json.ts'
import type { ThreadScope } from './thread-scope.ts'
import type { TurnScope } from './turn-scope.ts'
import type { ToolRuntimeRecorder } from './tool-runtime-recorder.ts'

export type RecordedCell = {
  readonly cellId: string
  readonly callId: string
  /** The turn of the call that started the cell. Everything that the cell does later belongs to it. */
  readonly scope: TurnScope
  readonly source: string
  readonly catalogue: { readonly json: string }
  /** The call recorded for a cell that the model did not start; null otherwise. */
  readonly ownCall: ModelCallRecorder | null
}

type CellScopedEvent = Exclude<
  Extract<SessionEvent, { readonly cellId: string }>,
  { readonly type: 'cell_started' | 'cell_run' | 'cell_closed' | 'call_reverted' }
>

type UntimedLine = CellLogLine extends infer Line ? (Line extends CellLogLine ? Omit<Line, 'at'> : never) : never

/** A decision about a call; the members are null for a pending approval. */
type Decision = {
  readonly allowed: boolean | null
  readonly reason: string | null
  readonly decision: string | null
  readonly calls: number | null
  readonly by: string | null
}

/** Records one cell: its lifecycle in the log of the bundle, and its inputs and events in a cell log. */
export class CellRecorder {
  readonly #log: EventLog
  readonly #scope: TurnScope
  /** The cell's id in the bundle, which is unique across the sessions of the thread. */
  readonly cellId: string
  readonly #ownCall: ModelCallRecorder | null
  readonly #path: string
  readonly #nested: NestedCallsRecorder
  /** The engine of the latest host. */
  #engine: EnginePrint | null = null
  #hasResponded = false
  #isEnded = false

  constructor(log: EventLog, thread: ThreadScope, cell: RecordedCell, kinds: NestedKinds) {
    this.#log = log
    this.#scope = cell.scope
    this.cellId = thread.uniqueCellId(cell.cellId)
    this.#ownCall = cell.ownCall
    this.#path = log.nextRecordPath()
    const head: CellLogHead = {
      type: 'cell',
      format: 1,
      at: Date.now(),
      thread_id: thread.threadId,
      cell_id: this.cellId,
      call_id: cell.callId,
      catalogue: log.cataloguePath(cell.catalogue),
      source: cell.source,
    }
    log.sink.addTo(this.#path, `${JSON.stringify(head)}\n`)
    log.append(cell.scope, {
      type: 'code_cell_started',
      runtime_cell_id: this.cellId,
      model_visible_call_id: cell.callId,
      source_js: cell.source,
      record: this.#path,
    })
    this.#nested = new NestedCallsRecorder(log, cell.scope, this.cellId, kinds)
  }

  callOf(callId: string): ToolRuntimeRecorder | null {
    return this.#nested.callOf(callId)
  }

  run(start: StartCommand, storedValues: readonly (readonly [key: string, path: string])[]): void {
    this.#write({ type: 'run', start, stored_values: storedValues })
  }

  onEvent(event: CellScopedEvent): void {
    switch (event.type) {
      case 'cell_emitted':
        if (event.event.type === 'text') return this.#log.sink.print(this.#path, event.event.body, event.location)
        return this.#write({
          type: 'event',
          event: event.event,
          place: event.location,
          ...(event.event.type === 'started' && this.#engine !== null ? { engine: this.#engine } : {}),
        })
      case 'cell_hosted':
        this.#engine = event.engine
        return
      case 'cell_command':
        return this.#write({ type: 'command', command: event.command })
      case 'cell_read_output':
        return this.#write({ type: 'output', output: event.output, body: event.body })
      case 'cell_evicted':
        this.#observe('codecell.cell_evicted', {})
        return this.#write({ type: 'evicted' })
      case 'cell_revived':
        this.#observe('codecell.cell_revived', { reason: event.reason })
        return this.#write({ type: 'revived', reason: event.reason })
      case 'notified': {
        const { text, result } = event
        this.#observe('codecell.notification', { text, result })
        return this.#write({ type: 'notified', text, result })
      }
      case 'cell_responded':
        return this.#onResponse(event.response)
      case 'approval_asked':
        return this.#approve(event.callId, { allowed: null, reason: null, decision: null, calls: null, by: null })
      case 'approval_decided':
        return this.#approve(event.callId, event)
      case 'nested_call_started':
        return this.#nested.start(event)
      case 'nested_call_deferred': {
        const { callId: call, note: text, expiresAt: expires_at } = event
        return this.#observe('codecell.call_deferred', { call, text, expires_at })
      }
      case 'nested_call_ended':
        return this.#nested.end(event.callId, event.end)
      default:
        return event satisfies never
    }
  }

  #approve(call: string, { allowed, reason, decision, calls, by }: Decision): void {
    this.#observe('codecell.approval', {
      call,
      tool_call_id: this.#nested.callOf(call)?.callId ?? null,
      allowed,
      reason,
      decision,
      calls,
      by,
    })
    this.#write({ type: 'approval', call, allowed, reason, decision, calls, by })
  }

  #onResponse(response: CellResponse): void {
    const isFirst = !this.#hasResponded
    // Frequent observers receive many responses without news.
    if (isFirst || response.type !== 'yielded' || response.items.length > 0) {
      const remarks = response.remarks.map((remark) => remarkText(remark))
      if (remarks.length > 0) this.#observe('codecell.remarks', { remarks: response.remarks })
      const by = response.terminatedBy === 'session' ? { by: response.terminatedBy } : {}
      this.#write({ type: 'answered', status: response.type, ...(remarks.length === 0 ? {} : { remarks }), ...by })
    }
    if (this.#isEnded) return
    this.#hasResponded = true
    this.#isEnded = response.type !== 'yielded'
    if (!isFirst && !this.#isEnded) return
    const { items, errorText } = response
    const itemsJson = jsonOf(errorText === null ? items : [...items, errorItem(errorText)])
    this.#appendResponse(response, itemsJson, isFirst)
    if (isFirst) this.#ownCall?.end({ itemsJson, success: response.type !== 'failed', cancelled: false })
  }

  #appendResponse(response: CellResponse, itemsJson: string, isFirst: boolean): void {
    const { type: status } = response
    const response_payload = this.#responseOf(response, itemsJson)
    const event = { runtime_cell_id: this.cellId, status, response_payload }
    if (isFirst) this.#log.append(this.#scope, { type: 'code_cell_initial_response', ...event })
    if (this.#isEnded) this.#log.append(this.#scope, { type: 'code_cell_ended', ...event })
  }

  /** Writes the response in the form of the reference's host. */
  #responseOf({ type, errorText, durationMs }: CellResponse, itemsJson: string): PayloadReference {
    const nanos = Math.round(durationMs * 1_000_000)
    const about = {
      ...(type === 'completed' || type === 'failed' ? { error_text: errorText } : {}),
      code_mode_host_duration: {
        secs: Math.floor(nanos / 1_000_000_000),
        nanos: nanos % 1_000_000_000,
      },
    }
    const name = type === 'yielded' ? 'Yielded' : type === 'terminated' ? 'Terminated' : 'Result'
    const body = `{"cell_id":${JSON.stringify(this.cellId)},"content_items":${itemsJson},${JSON.stringify(about).slice(1)}`
    return this.#log.sink.payload('tool_result', `{"response":{"${name}":${body}}}`)
  }

  close(): void {
    this.#write({ type: 'closed' })
  }

  /** Logs an event about this cell that the reducer only registers. */
  #observe(type: string, about: object): void {
    this.#log.observe(type, { type, thread_id: this.#scope.threadId, cell_id: this.cellId, ...about })
  }

  #write(line: UntimedLine): void {
    this.#log.sink.addTo(this.#path, `${JSON.stringify({ ...line, at: Date.now() })}\n`)
  }
}

function errorItem(errorText: string): { readonly type: 'input_text'; readonly text: string } {
  return { type: 'input_text', text: `Script error:\n${errorText}` }
}
