import { parseWaitedCellId } from '../../protocol/waited-cell.ts'
import type { SessionEvent, SessionListener } from '../../events/session-event.ts'
import { CellRecorder } from './cell-recorder.ts'
import { jsonOf } from './safe-json.ts'
import { ModelCallRecorder } from './model-call-recorder.ts'
import type { EventLog } from './event-log.ts'
import type { NestedKinds } from './nested-calls-recorder.ts'
import type { ThreadScope } from './thread-scope.ts'
import type { ToolRuntimeRecorder } from './tool-runtime-recorder.ts'

type EventOf<Type extends SessionEvent['type']> = Extract<SessionEvent, { readonly type: Type }>

/** The ids of a nested call in its session; the context of a tool has them. */
export type NestedCallIds = { readonly cellId: string; readonly callId: string }

/** Listens to one session, and records what happens in it as part of a thread. */
export interface SessionTraceListener extends SessionListener {
  /**
   * Returns the recorder of a nested call, for the events of its runtime. Null if the call is not recorded. The context of a tool
   * has both ids.
   */
  callOf(call: NestedCallIds): ToolRuntimeRecorder | null
}

export class SessionRecorder implements SessionTraceListener {
  readonly wantsSourceLocations = true
  readonly #log: EventLog
  readonly #thread: ThreadScope
  readonly #kinds: NestedKinds
  /** Running calls of the model, by the model's id. */
  readonly #calls = new Map<string, ModelCallRecorder>()
  readonly #cells = new Map<string, CellRecorder>()
  /** Ids of cells in the bundle that differ from those in the session. */
  readonly #cellIds = new Map<string, string>()
  /** The last recorded stored value of each key. */
  readonly #storedValues = new Map<string, { readonly json: string; readonly path: string }>()

  constructor(log: EventLog, thread: ThreadScope, kinds: NestedKinds) {
    this.#log = log
    this.#thread = thread
    this.#kinds = kinds
  }

  callOf({ cellId, callId }: NestedCallIds): ToolRuntimeRecorder | null {
    return this.#cells.get(cellId)?.callOf(callId) ?? null
  }

  onEvent(event: SessionEvent): void {
    switch (event.type) {
      case 'model_call_started':
        return this.#startCall(event)
      case 'model_call_ended':
        this.#calls
          .get(event.callId)
          ?.end({ itemsJson: jsonOf(event.items), success: event.success, cancelled: event.cancelled })
        this.#calls.delete(event.callId)
        return
      case 'cell_started':
        return this.#startCell(event)
      case 'cell_run':
        return this.#runCell(event)
      case 'cell_closed':
        this.#cells.get(event.cellId)?.close()
        this.#cells.delete(event.cellId)
        return
      case 'call_reverted':
        return this.#revert(event)
      case 'session_closed':
        return
      default:
        this.#cells.get(event.cellId)?.onEvent(event)
    }
  }

  #revert({ cellId, callId, identifier, result, text }: EventOf<'call_reverted'>): void {
    const type = 'codecell.revert'
    const cell_id = this.#cellIds.get(cellId) ?? cellId
    const about = { call: callId, identifier, result, text }
    this.#log.observe(type, { type, thread_id: this.#thread.threadId, cell_id, ...about })
  }

  #startCall({ callId, tool, input }: Pick<EventOf<'model_call_started'>, 'callId' | 'tool' | 'input'>): void {
    const cellId = tool === 'wait' ? parseWaitedCellId(input) : null
    const waitsFor = cellId === null ? null : (this.#cells.get(cellId)?.cellId ?? null)
    this.#calls.set(callId, new ModelCallRecorder(this.#log, this.#thread, { callId, tool, input, waitsFor }))
  }

  /** Records an `exec` call for a cell that was started without one: in a trace, every cell belongs to a call of the model. */
  #startCell({ cellId, callId, source, catalogue }: EventOf<'cell_started'>): void {
    const id = callId ?? `call_${crypto.randomUUID()}`
    const hasCall = this.#calls.has(id)
    const call = hasCall
      ? this.#calls.get(id)
      : new ModelCallRecorder(this.#log, this.#thread, { callId: id, tool: 'exec', input: source, waitsFor: null })
    if (call === undefined) return
    const { scope } = call
    const cell = { cellId, callId: call.callId, scope, source, catalogue, ownCall: hasCall ? null : call }
    const recorder = new CellRecorder(this.#log, this.#thread, cell, this.#kinds)
    if (recorder.cellId !== cellId) this.#cellIds.set(cellId, recorder.cellId)
    this.#cells.set(cellId, recorder)
  }

  #runCell({ cellId, start, storedValues }: EventOf<'cell_run'>): void {
    const values = [...storedValues].map(([key, json]) => {
      const known = this.#storedValues.get(key)
      if (known?.json === json) return [key, known.path] as const
      const path = this.#log.keepText('value', json)
      this.#storedValues.set(key, { json, path })
      return [key, path] as const
    })
    this.#cells.get(cellId)?.run(start, values)
  }
}
