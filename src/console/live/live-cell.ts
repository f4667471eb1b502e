import type { SessionEvent, SourceLocation } from '../../events/session-event.ts'
import type { EnginePrint } from '../../protocol/engine-print.ts'
import type { CellReport, CellWait } from '../../storage/disk/session-report.ts'
import type { CellEnding } from '../../storage/session-store.ts'
import type { CellOutput } from '../api.ts'
import { LiveOutput } from './live-output.ts'

type Call = {
  readonly callId: string
  readonly identifier: string
  readonly since: number
  readonly location: SourceLocation | null
  wait: 'tool' | 'person' | 'result'
  askedAt: number
}

type CellEvent = Extract<SessionEvent, { readonly cellId: string | null }>

/** A cell of an open session of this process, as its events describe it. */
export class LiveCell {
  readonly cellId: string
  readonly execCallId: string | null
  readonly source: string
  readonly startedAt: number = Date.now()
  readonly #calls = new Map<string, Call>()
  readonly #timers = new Map<number, number>()
  readonly #output = new LiveOutput()
  #isHosted = false
  #engine: EnginePrint | null = null
  #ending: CellEnding | null = null
  #errorText: string | null = null
  #endedAt: number | null = null
  isClosed = false

  constructor({ cellId, callId, source }: Extract<SessionEvent, { readonly type: 'cell_started' }>) {
    this.cellId = cellId
    this.execCallId = callId
    this.source = source
  }

  get residence(): 'loaded' | 'evicted' | 'ended' {
    if (this.#ending !== null) return 'ended'
    return this.#isHosted ? 'loaded' : 'evicted'
  }

  get output(): readonly CellOutput[] {
    return this.#output.items
  }

  get isOutputComplete(): boolean {
    return this.#output.isComplete
  }

  askedAt(callId: string): number {
    return this.#calls.get(callId)?.askedAt ?? this.startedAt
  }

  onEvent(event: CellEvent): void {
    switch (event.type) {
      case 'cell_hosted':
        this.#isHosted = true
        this.#engine = event.engine ?? this.#engine
        break
      case 'cell_evicted':
        this.#isHosted = false
        break
      case 'cell_emitted':
        this.#onEmitted(event)
        break
      case 'cell_command':
        if (event.command.type === 'timeout_fired') this.#timers.delete(event.command.id)
        break
      case 'notified':
        this.#output.add({ type: 'notification', text: event.text })
        break
      case 'cell_responded':
        if (event.response.type !== 'yielded') this.#end(event.response.type, event.response.errorText)
        break
      case 'cell_closed':
        this.isClosed = true
        this.#end('terminated', null)
        break
      default:
        this.#onCall(event)
    }
  }

  #onCall(event: CellEvent): void {
    if (event.type === 'nested_call_started') {
      const { callId, identifier, location } = event
      this.#calls.set(callId, { callId, identifier, location, since: Date.now(), wait: 'tool', askedAt: Date.now() })
    } else if (event.type === 'nested_call_ended') this.#calls.delete(event.callId)
    else if (event.type === 'approval_asked') this.#wait(event.callId, 'person')
    else if (event.type === 'approval_decided') this.#wait(event.callId, 'tool')
    else if (event.type === 'nested_call_deferred') this.#wait(event.callId, 'result')
  }

  #wait(callId: string, wait: Call['wait']): void {
    const call = this.#calls.get(callId)
    if (call === undefined) return
    call.wait = wait
    if (wait === 'person') call.askedAt = Date.now()
  }

  #onEmitted({ event }: Extract<SessionEvent, { readonly type: 'cell_emitted' }>): void {
    if (event.type === 'timer_set') this.#timers.set(event.id, Date.now() + event.delay)
    else if (event.type === 'timer_cleared') this.#timers.delete(event.id)
    else if (event.type === 'completed') this.#end('completed', null)
    else if (event.type === 'failed' || event.type === 'rejected') this.#end('failed', event.body)
    else this.#output.addEvent(event)
  }

  #end(ending: CellEnding, errorText: string | null): void {
    if (this.#ending !== null) return
    this.#ending = ending
    this.#errorText = errorText
    this.#endedAt = Date.now()
  }

  report(): CellReport {
    const { cellId, execCallId, source, startedAt } = this
    const times = { startedAt, endedAt: this.#endedAt }
    if (this.#ending === null) {
      const state = { type: 'running', waits: this.#waits() } as const
      return { cellId, execCallId, state, engine: this.#engine, ...times, source }
    }
    const type = this.isClosed ? 'closed' : 'finished'
    const state = { type, ending: this.#ending, errorText: this.#errorText } as const
    return { cellId, execCallId, state, engine: null, ...times, source }
  }

  #waits(): readonly CellWait[] {
    const calls = [...this.#calls.values()].map(({ callId, identifier, since, wait, askedAt }): CellWait => {
      if (wait === 'person') return { type: 'person', callId, identifier, since: askedAt }
      if (wait === 'tool') return { type: 'tool', callId, identifier, since }
      return { type: 'result', callId, key: '', identifier, since, expiresAt: null, note: null }
    })
    const timers = [...this.#timers.values()].toSorted((left, right) => left - right)
    return [...calls, ...timers.map((due) => ({ type: 'timer', due }) as const)]
  }
}
