import type { Decision, Run, RunEvent } from '../../../console/src/playground/backend/backend.ts'
import type { Stripped } from '../../../console/src/playground/types/messages.ts'
import {
  errorResponse,
  type CodeModeTools,
  type ModelResponse,
  type Session,
  type SessionEvent,
} from '../../../src/portable.ts'
import type { PendingDecisions } from './pending-decisions.ts'

/** The session of the page with its tools. All runs share it, so stored values remain. */
export type PortableSession = {
  readonly session: Session
  readonly tools: CodeModeTools
  readonly decisions: PendingDecisions
}

/** One program in the session of the page. It calls `exec` and `wait` as a model does. */
export class PortableRun implements Run {
  readonly #onEvent: (event: RunEvent) => void
  readonly #startedAt = performance.now()
  readonly #ended = Promise.withResolvers<void>()
  #opened: PortableSession | null = null
  #cellId: string | null = null
  #stored = new Map<string, string>()
  #isObserved = false
  #isTerminated = false
  #hasEnded = false

  constructor(onEvent: (event: RunEvent) => void) {
    this.#onEvent = onEvent
  }

  get ended(): Promise<void> {
    return this.#ended.promise
  }

  /** Runs a program without its types. */
  async start(opened: PortableSession, source: string, stripped: Stripped | null): Promise<void> {
    this.#opened = opened
    if (this.#isTerminated) return this.#end('terminated', null)
    opened.decisions.onAsked = (callId, key) => this.#onEvent({ type: 'approval_asked', callId, key })
    if (stripped?.type === 'unsupported') return this.#end('failed', `SyntaxError: ${stripped.reason}`)
    const program = stripped?.type === 'stripped' ? stripped.source : source
    const call = async (): Promise<ModelResponse> =>
      await opened.tools.exec.call(program, { onStarted: (cellId) => this.#onCell(cellId) })
    await this.#respond('exec', call)
  }

  wait(): void {
    const cellId = this.#cellId
    if (cellId !== null)
      void this.#respond('wait', async () => await this.#opened?.tools.wait.call({ cell_id: cellId }))
  }

  terminate(): void {
    this.#isTerminated = true
    const [opened, cellId] = [this.#opened, this.#cellId]
    if (opened === null || cellId === null) return
    // An observed cell ends with the response of its observer.
    if (this.#isObserved) void opened.session.terminate(cellId).catch(() => undefined)
    else void this.#respond('wait', async () => await opened.tools.wait.call({ cell_id: cellId, terminate: true }))
  }

  decide(key: string, decision: Decision): void {
    this.#opened?.decisions.decide(key, decision)
  }

  /** Ends the run, because the session or the engine did not start. */
  fail(error: unknown): void {
    this.#end('failed', error instanceof Error ? error.message : String(error))
  }

  onSessionEvent(event: SessionEvent): void {
    if (this.#hasEnded || !('cellId' in event) || event.cellId === null) return
    if (this.#cellId !== null && event.cellId !== this.#cellId) return
    switch (event.type) {
      case 'cell_emitted':
        return this.#onEmitted(event)
      case 'nested_call_started': {
        const { callId, identifier, input, location } = event
        return this.#onEvent({ type: 'call_started', callId, identifier, input, location, atMs: this.#now() })
      }
      case 'approval_decided':
        return this.#onEvent({ type: 'approval_decided', callId: event.callId })
      case 'nested_call_ended': {
        const { callId, end } = event
        const result = end.type === 'tool_response' ? 'succeeded' : end.type === 'tool_error' ? 'failed' : 'cancelled'
        return this.#onEvent({
          type: 'call_ended',
          callId,
          result,
          body: 'body' in end ? end.body : null,
          atMs: this.#now(),
        })
      }
      case 'cell_responded':
        return this.#onResponded(event.response)
      default:
    }
  }

  #onCell(cellId: string): void {
    this.#cellId = cellId
    if (this.#isTerminated) this.terminate()
  }

  #onEmitted({ event, location }: SessionEvent & { readonly type: 'cell_emitted' }): void {
    switch (event.type) {
      case 'text':
        return this.#onEvent({ type: 'output', item: { type: 'input_text', text: event.body }, location })
      case 'image': {
        const item = { type: 'input_image' as const, image_url: event.body, detail: event.detail }
        return this.#onEvent({ type: 'output', item, location })
      }
      case 'audio':
        return this.#onEvent({ type: 'output', item: { type: 'input_audio', audio_url: event.body }, location })
      case 'notify':
        return this.#onEvent({ type: 'notification', text: event.body, location })
      case 'stored':
        this.#stored.set(event.key, event.body)
        return undefined
      default:
        return undefined
    }
  }

  #onResponded({ type, errorText }: (SessionEvent & { readonly type: 'cell_responded' })['response']): void {
    if (type === 'yielded') return
    // Stored values count when the cell ends by itself.
    if (type !== 'terminated') for (const [key, json] of this.#stored) this.#onEvent({ type: 'stored', key, json })
    this.#end(type, errorText)
  }

  async #respond(tool: 'exec' | 'wait', call: () => Promise<ModelResponse | undefined>): Promise<void> {
    if (this.#isObserved) return
    this.#isObserved = true
    if (tool === 'wait') this.#onEvent({ type: 'awaited' })
    const response = await call().catch((error: unknown) => errorResponse(error))
    this.#isObserved = false
    if (response === undefined) return
    this.#onEvent({ type: 'response', tool, items: response.items })
    if (response.cellId !== null) return this.#onEvent({ type: 'yielded', reason: '' })
    // A program that is refused before it starts has no cell.
    if (!this.#hasEnded) this.#end('failed', refusalOf(response))
  }

  #end(ending: 'completed' | 'failed' | 'terminated', errorText: string | null): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#onEvent({ type: 'ended', ending, errorText, atMs: this.#now() })
    this.#ended.resolve()
  }

  #now(): number {
    return performance.now() - this.#startedAt
  }
}

/** Returns the error in the response to a program that was refused, without the header. */
function refusalOf({ items }: ModelResponse): string {
  const texts = items.flatMap((item) => (item.type === 'input_text' ? [item.text] : []))
  return (texts.length > 1 ? texts.slice(1) : texts).join('\n').replace(/^Script error:\n/, '')
}
