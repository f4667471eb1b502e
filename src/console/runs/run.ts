import type { ServerResponse } from 'node:http'
import { unref } from '../../platform/turns.ts'
import { remarkText } from '../../protocol/remark.ts'
import type { FollowEvent } from '../../session/api/follow-event.ts'
import type { Session } from '../../session/api/session-options.ts'
import type { RunEvent, RunStarted } from '../api.ts'
import { apiErrorOf } from '../data/api-error.ts'
import { longText } from '../data/long-text.ts'
import { RequestError } from '../http/respond.ts'
import { outputOf } from '../live/live-output.ts'

/** The retained events of a run, in characters of JSON, and the pages that watch it. */
const maxCharacters = 4 * 2 ** 20
const maxWatchers = 10
const maxInput = 20_000

/** A program of the playground, with its events from the beginning. */
export class Run {
  readonly id: string
  readonly session: Session
  readonly cellId: string
  /** The tenant of the user who runs it; null without tenants. */
  readonly tenant: string | null
  readonly #events: string[] = []
  readonly #watchers = new Set<ServerResponse>()
  readonly #ended = Promise.withResolvers<void>()
  #characters = 0
  #isOver = false

  constructor(id: string, { session, cellId, tenant }: Pick<Run, 'session' | 'cellId' | 'tenant'>) {
    this.tenant = tenant
    this.id = id
    this.session = session
    this.cellId = cellId
  }

  get isOver(): boolean {
    return this.#isOver
  }

  get ended(): Promise<void> {
    return this.#ended.promise
  }

  get started(): RunStarted {
    return { run: this.id, sessionId: this.session.id, cellId: this.cellId }
  }

  /** Records the events until the program ends. */
  async record(): Promise<void> {
    try {
      for await (const event of this.session.follow(this.cellId)) this.add(runEventOf(event))
    } catch (error) {
      this.add({ type: 'lost', error: apiErrorOf(error) })
    }
    this.#end()
  }

  add(event: RunEvent): void {
    if (this.#isOver) return
    const text = `data: ${JSON.stringify(event)}\n\n`
    this.#characters += text.length
    if (this.#characters > maxCharacters && event.type !== 'ended' && event.type !== 'lost') {
      return this.#tooMany()
    }
    this.#events.push(text)
    for (const response of this.#watchers) response.write(text)
  }

  #tooMany(): void {
    const message = `The events of the run have more than ${maxCharacters} characters`
    const advice = 'Print less, or run the program with "codecell exec".'
    this.add({ type: 'lost', error: { code: 'LIMIT_EXCEEDED', message, advice } })
    this.#end()
    void this.session.terminate(this.cellId).catch(() => undefined)
  }

  #end(): void {
    if (this.#isOver) return
    this.#isOver = true
    for (const response of this.#watchers) response.end()
    this.#watchers.clear()
    this.#ended.resolve()
  }

  /** @throws {RequestError} when too many pages watch the run */
  watch(response: ServerResponse): void {
    if (this.#watchers.size >= maxWatchers) {
      throw new RequestError(503, 'TOO_MANY_REQUESTS', `Cannot watch the run: ${maxWatchers} pages watch it`, {
        advice: 'Close another page that shows the run, or try again in 5 seconds.',
        retryAfterSeconds: 5,
      })
    }
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
    for (const text of this.#events) response.write(text)
    if (this.#isOver) {
      response.end()
      return
    }
    this.#watchers.add(response)
    const beat = setInterval(() => response.write(': alive\n\n'), 15_000)
    unref(beat)
    response.once('close', () => {
      clearInterval(beat)
      this.#watchers.delete(response)
    })
  }
}

function runEventOf(event: FollowEvent): RunEvent {
  const at = Date.now()
  switch (event.type) {
    case 'output':
      return { type: 'output', items: event.items.map((item) => outputOf(item)) }
    case 'notification':
      return { type: 'output', items: [{ type: 'notification', text: event.text }] }
    case 'call_started': {
      const { callId, tool: identifier, input } = event
      return { type: 'call_started', callId, identifier, input: longText(input, maxInput).text, at }
    }
    case 'call_ended': {
      const { callId, tool: identifier, result, errorText } = event
      return { type: 'call_ended', callId, identifier, result, errorText, at }
    }
    case 'call_deferred':
      return { type: 'call_deferred', callId: event.callId, key: event.key, identifier: event.tool }
    case 'yielded':
      return { type: 'waiting', isStalled: event.stalled, waitsForHost: event.waitsForHost }
    case 'ended':
      return endOf(event.outcome)
    default:
      return event satisfies never
  }
}

function endOf(outcome: Extract<FollowEvent, { readonly type: 'ended' }>['outcome']): RunEvent {
  const { type, durationMs } = outcome
  const errorText = 'errorText' in outcome ? outcome.errorText : null
  const remarks = 'remarks' in outcome ? (outcome.remarks ?? []).map((remark) => remarkText(remark)) : []
  return { type: 'ended', ending: type === 'missing' ? 'failed' : type, errorText, remarks, durationMs }
}
