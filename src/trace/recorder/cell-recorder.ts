import type { CellResponse, SessionEvent } from '../../events/session-event.ts'
import type { StartCommand } from '../../protocol/command.ts'
import type { CellEvent } from '../../protocol/event.ts'
import { remarkText } from '../../protocol/remark.ts'
import type { CellRecordHead, CellRecordLine } from '../format/cell-log.ts'
import type { ModelCallRecorder } from './model-call-recorder.ts'
import { NestedCallsRecorder } from './nested-calls-recorder.ts'
import type { PayloadReference } from '../format/raw-event.ts'
import type { Recording } from './event-log.ts'
import type { ThreadScope } from './thread-scope.ts'

export type RecordedCell = {
  readonly cellId: string
  readonly callId: string
  readonly source: string
  readonly catalogue: { readonly json: string }
  /** The call that was made up for this cell, null for one that the model made. */
  readonly ownCall: ModelCallRecorder | null
}

type CellActivity = Exclude<
  Extract<SessionEvent, { readonly cellId: string }>,
  { readonly type: 'cell_started' | 'cell_run' | 'cell_closed' | 'call_reverted' }
>

type UntimedLine = CellRecordLine extends infer Line ? (Line extends CellRecordLine ? Omit<Line, 'at'> : never) : never

/** What was decided about a call; null while nobody has. */
type Verdict = {
  readonly allowed: boolean | null
  readonly reason: string | null
  readonly decision: string | null
  readonly calls: number | null
  readonly by: string | null
}

/** Records one cell: its life in the log of the bundle, and everything that went in and came out in a file of its own. */
export class CellRecorder {
  readonly #recording: Recording
  readonly #thread: ThreadScope
  /** The cell's id in the bundle, where those of two sessions may meet. */
  readonly cellId: string
  readonly #ownCall: ModelCallRecorder | null
  readonly #path: string
  readonly #nested: NestedCallsRecorder
  #isAnswered = false
  #isEnded = false

  constructor(recording: Recording, thread: ThreadScope, cell: RecordedCell) {
    this.#recording = recording
    this.#thread = thread
    this.cellId = thread.uniqueCellId(cell.cellId)
    this.#ownCall = cell.ownCall
    this.#path = recording.nextRecordPath()
    const head: CellRecordHead = {
      type: 'cell',
      format: 1,
      at: Date.now(),
      thread_id: thread.threadId,
      cell_id: this.cellId,
      call_id: cell.callId,
      catalogue: recording.cataloguePath(cell.catalogue),
      source: cell.source,
    }
    recording.sink.addTo(this.#path, `${JSON.stringify(head)}\n`)
    recording.append(thread.scope(), {
      type: 'code_cell_started',
      runtime_cell_id: this.cellId,
      model_visible_call_id: cell.callId,
      source_js: cell.source,
      record: this.#path,
    })
    this.#nested = new NestedCallsRecorder(recording, thread, this.cellId)
  }

  run(start: StartCommand, storedValues: readonly (readonly [key: string, path: string])[]): void {
    this.#write({ type: 'run', start, stored_values: storedValues })
  }

  onEvent(activity: CellActivity): void {
    switch (activity.type) {
      case 'cell_emitted':
        return this.#write({ type: 'event', event: plainEvent(activity.event), place: activity.location })
      case 'cell_command':
        return this.#write({ type: 'command', command: activity.command })
      case 'cell_read_output':
        return this.#write({ type: 'output', output: activity.output, body: activity.body })
      case 'cell_evicted':
        this.#observe('codecell.cell_evicted', {})
        return this.#write({ type: 'evicted' })
      case 'cell_revived':
        this.#observe('codecell.cell_revived', { reason: activity.reason })
        return this.#write({ type: 'revived', reason: activity.reason })
      case 'notified': {
        const { text, result } = activity
        this.#observe('codecell.notification', { text, result })
        return this.#write({ type: 'notified', text, result })
      }
      case 'cell_responded':
        return this.#answer(activity.response)
      case 'approval_asked':
        return this.#approve(activity.callId, { allowed: null, reason: null, decision: null, calls: null, by: null })
      case 'approval_decided':
        return this.#approve(activity.callId, activity)
      case 'nested_call_started':
        return this.#nested.start(activity)
      case 'nested_call_ended':
        return this.#nested.end(activity.callId, activity.end)
      default:
        return activity satisfies never
    }
  }

  #approve(call: string, { allowed, reason, decision, calls, by }: Verdict): void {
    this.#observe('codecell.approval', {
      call,
      tool_call_id: this.#nested.idOf(call),
      allowed,
      reason,
      decision,
      calls,
      by,
    })
    this.#write({ type: 'approval', call, allowed, reason, decision, calls, by })
  }

  #answer(answer: CellResponse): void {
    const isFirst = !this.#isAnswered
    // Whoever follows a cell closely is told again and again that there is nothing new.
    if (isFirst || answer.type !== 'yielded' || answer.items.length > 0) {
      const remarks = answer.remarks.map((remark) => remarkText(remark))
      if (remarks.length > 0) this.#observe('codecell.remarks', { remarks: answer.remarks })
      this.#write({ type: 'answered', status: answer.type, ...(remarks.length === 0 ? {} : { remarks }) })
    }
    if (this.#isEnded) return
    this.#isAnswered = true
    this.#isEnded = answer.type !== 'yielded'
    if (isFirst || this.#isEnded) this.#appendAnswer(answer, isFirst)
    const items = answer.errorText === null ? answer.items : [...answer.items, errorItem(answer.errorText)]
    if (isFirst) this.#ownCall?.end({ items, success: answer.type !== 'failed' })
  }

  #appendAnswer(answer: CellResponse, isFirst: boolean): void {
    const { type: status } = answer
    const response_payload = this.#responseOf(answer)
    const event = { runtime_cell_id: this.cellId, status, response_payload }
    const scope = this.#thread.scope()
    if (isFirst) this.#recording.append(scope, { type: 'code_cell_initial_response', ...event })
    if (this.#isEnded) this.#recording.append(scope, { type: 'code_cell_ended', ...event })
  }

  /** The response as the reference's host puts it. */
  #responseOf({ type, items, errorText, durationMs }: CellResponse): PayloadReference {
    const nanos = Math.round(durationMs * 1_000_000)
    const body = {
      cell_id: this.cellId,
      content_items: errorText === null ? items : [...items, errorItem(errorText)],
      ...(type === 'completed' || type === 'failed' ? { error_text: errorText } : {}),
      code_mode_host_duration: {
        secs: Math.floor(nanos / 1_000_000_000),
        nanos: nanos % 1_000_000_000,
      },
    }
    const name = type === 'yielded' ? 'Yielded' : type === 'terminated' ? 'Terminated' : 'Result'
    return this.#recording.payload('tool_result', { response: { [name]: body } })
  }

  close(): void {
    this.#write({ type: 'closed' })
  }

  /** Raw evidence about this cell. */
  #observe(type: string, about: object): void {
    this.#recording.observe(type, { type, thread_id: this.#thread.threadId, cell_id: this.cellId, ...about })
  }

  #write(line: UntimedLine): void {
    this.#recording.sink.addTo(this.#path, `${JSON.stringify({ ...line, at: Date.now() })}\n`)
  }
}

/** The event without the number that a host knows its cell by. */
function plainEvent(event: CellEvent): CellEvent {
  if (!('cell' in event)) return event
  const { cell: _cell, ...plain } = event
  return plain
}

function errorItem(errorText: string): { readonly type: 'input_text'; readonly text: string } {
  return { type: 'input_text', text: `Script error:\n${errorText}` }
}
