import type { SessionEvent, SessionListener } from '../../events/session-event.ts'
import { CellRecorder } from './cell-recorder.ts'
import { ModelCallRecorder } from './model-call-recorder.ts'
import type { Recording } from './event-log.ts'
import type { ThreadScope } from './thread-scope.ts'

type Activity<Type extends SessionEvent['type']> = Extract<SessionEvent, { readonly type: Type }>

/** Records what happens in one session as part of a thread. */
export class SessionRecorder implements SessionListener {
  readonly wantsSourceLocations = true
  readonly #recording: Recording
  readonly #thread: ThreadScope
  /** Calls of the model that are not answered yet, by the model's id. */
  readonly #calls = new Map<string, ModelCallRecorder>()
  readonly #cells = new Map<string, CellRecorder>()
  /** What cells are called in the bundle, where that is not what their session calls them. */
  readonly #cellIds = new Map<string, string>()
  /** What was recorded last under each key of the stored values. */
  readonly #storedValues = new Map<string, { readonly json: string; readonly path: string }>()

  constructor(recording: Recording, thread: ThreadScope) {
    this.#recording = recording
    this.#thread = thread
  }

  onEvent(activity: SessionEvent): void {
    switch (activity.type) {
      case 'model_call_started':
        return this.#startCall(activity)
      case 'model_call_ended':
        this.#calls.get(activity.callId)?.end(activity)
        this.#calls.delete(activity.callId)
        return
      case 'cell_started':
        return this.#startCell(activity)
      case 'cell_run':
        return this.#runCell(activity)
      case 'cell_closed':
        this.#cells.get(activity.cellId)?.close()
        this.#cells.delete(activity.cellId)
        return
      case 'call_reverted':
        return this.#revert(activity)
      case 'session_closed':
        return
      default:
        this.#cells.get(activity.cellId)?.onEvent(activity)
    }
  }

  #revert({ cellId, callId, identifier, result, text }: Activity<'call_reverted'>): void {
    const type = 'codecell.revert'
    const cell_id = this.#cellIds.get(cellId) ?? cellId
    const about = { call: callId, identifier, result, text }
    this.#recording.observe(type, { type, thread_id: this.#thread.threadId, cell_id, ...about })
  }

  #startCall({ callId, tool, input }: Pick<Activity<'model_call_started'>, 'callId' | 'tool' | 'input'>): void {
    this.#calls.set(callId, new ModelCallRecorder(this.#recording, this.#thread, { callId, tool, input }))
  }

  /** A cell that was started without a call of `exec` gets one: in a trace every cell belongs to a call of the model. */
  #startCell({ cellId, callId, source, catalogue }: Activity<'cell_started'>): void {
    const id = callId ?? `call_${crypto.randomUUID()}`
    const isAsked = this.#calls.has(id)
    const call = isAsked
      ? this.#calls.get(id)
      : new ModelCallRecorder(this.#recording, this.#thread, { callId: id, tool: 'exec', input: source })
    if (call === undefined) return
    const cell = { cellId, callId: call.callId, source, catalogue, ownCall: isAsked ? null : call }
    const recorder = new CellRecorder(this.#recording, this.#thread, cell)
    if (recorder.cellId !== cellId) this.#cellIds.set(cellId, recorder.cellId)
    this.#cells.set(cellId, recorder)
  }

  #runCell({ cellId, start, storedValues }: Activity<'cell_run'>): void {
    const values = [...storedValues].map(([key, json]) => {
      const known = this.#storedValues.get(key)
      if (known?.json === json) return [key, known.path] as const
      const path = this.#recording.keepText('value', json)
      this.#storedValues.set(key, { json, path })
      return [key, path] as const
    })
    this.#cells.get(cellId)?.run(start, values)
  }
}
