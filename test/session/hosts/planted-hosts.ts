import { startInProcessHost } from '../../../src/host/in-process.ts'
import type { FromHost, ToHost } from '../../../src/protocol/message.ts'
import type { Transport, TransportEnd } from '../../../src/protocol/transport.ts'
import { LocalHostPool } from '../../../src/session/hosts/host-pool.ts'

/** An event that a replay is compared by: a start and a source that does not compile are not. */
type PlantedEvent = Exclude<
  FromHost,
  {
    readonly type:
      | 'ready'
      | 'pong'
      | 'stuck'
      | 'stopped'
      | 'handled'
      | 'output_wanted'
      | 'remarks'
      | 'started'
      | 'rejected'
  }
>

/** One divergence: what takes the place of the event `at`, counted from 0, and of so many events from there on. */
export type Divergence = {
  readonly kind: string
  readonly at: number
  readonly takes: number
  readonly puts: readonly PlantedEvent[]
}

/** Real hosts that run one cell, and let its next run diverge from the runs before. */
export class PlantedHosts {
  readonly pool: LocalHostPool = new LocalHostPool({ start: () => this.#start(), size: 1, spares: 0, memoryMb: 64 })
  /** What the cell has emitted, in all runs, each event once. */
  readonly events: PlantedEvent[]
  /** Where the next run diverges. */
  divergence: Divergence | null = null
  #current: PlantedTransport | null = null

  /** `events`: what a run with other hosts has emitted, or nothing. */
  constructor(events: readonly PlantedEvent[] = []) {
    this.events = [...events]
  }

  /** The host dies as if it was killed. */
  kill(): void {
    this.#current?.kill()
  }

  #start(): Transport {
    this.#current = new PlantedTransport(this)
    return this.#current
  }
}

class PlantedTransport implements Transport {
  readonly ended: Promise<TransportEnd>
  readonly #hosts: PlantedHosts
  readonly #host: Transport = startInProcessHost()
  readonly #end: (end: TransportEnd) => void
  #isOver = false
  /** Events of this run. */
  #count = 0

  constructor(hosts: PlantedHosts) {
    this.#hosts = hosts
    const { promise, resolve } = Promise.withResolvers<TransportEnd>()
    this.ended = promise
    this.#end = resolve
  }

  send(message: ToHost): void {
    if (this.#isOver) return
    if (message.type === 'start') this.#count = 0
    this.#host.send(message)
  }

  listen(onMessages: (messages: readonly FromHost[]) => void): void {
    this.#host.listen((messages) => {
      if (!this.#isOver) onMessages(messages.flatMap((message) => this.#heard(message)))
    })
  }

  #heard(message: FromHost): readonly FromHost[] {
    switch (message.type) {
      case 'ready':
      case 'pong':
      case 'stuck':
      case 'stopped':
      case 'handled':
      case 'output_wanted':
      case 'remarks':
      case 'started':
      case 'rejected':
        return [message]
      default:
        return this.#changed(message)
    }
  }

  #changed(event: PlantedEvent): readonly FromHost[] {
    const { divergence, events } = this.#hosts
    const index = this.#count++
    if (index >= events.length) events.push(event)
    if (divergence === null || index < divergence.at || index >= divergence.at + divergence.takes) return [event]
    return index === divergence.at ? divergence.puts.map((put) => ({ ...put, cell: event.cell })) : []
  }

  kill(): void {
    this.#over({ type: 'lost', reason: 'it was killed by SIGKILL', detail: '', cause: 'SIGKILL' })
  }

  residentBytes(): number | null {
    return null
  }

  #over(end: TransportEnd): void {
    this.#isOver = true
    void this.#host[Symbol.asyncDispose]()
    this.#end(end)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over({ type: 'closed' })
  }
}

/** Every way in which one of these events, or its neighborhood, could differ in another run. */
export function divergencesOf(events: readonly PlantedEvent[]): readonly Divergence[] {
  return events.flatMap((event, at) => {
    const next = events[at + 1]
    const swapped =
      next === undefined || JSON.stringify(next) === JSON.stringify(event)
        ? []
        : [{ kind: 'another order', at, takes: 2, puts: [next, event] }]
    const extra: PlantedEvent = { type: 'text', cell: event.cell, body: 'never said before' }
    return [
      ...swapped,
      ...changesOf(event).map(([kind, put]) => ({ kind, at, takes: 1, puts: [put] })),
      { kind: 'an event more', at, takes: 1, puts: [extra, event] },
      { kind: 'an event less', at, takes: 1, puts: [] },
    ]
  })
}

/** The event with one thing changed, for each thing of it. */
function changesOf(event: PlantedEvent): readonly (readonly [kind: string, event: PlantedEvent])[] {
  const type: readonly [string, PlantedEvent] = ['another type', { type: 'notify', cell: event.cell, body: 'x' }]
  const types = event.type === 'notify' ? [] : [type]
  switch (event.type) {
    case 'tool_call':
      return [
        ...types,
        ['another tool', { ...event, tool: event.tool === 'ask' ? 'hold' : 'ask' }],
        ['another character of an input', { ...event, body: changed(event.body) }],
      ]
    case 'timer_set':
      return [...types, ['another delay', { ...event, delay: event.delay + 1 }]]
    case 'timer_cleared':
      return [...types, ['another timer', { ...event, id: event.id + 1 }]]
    case 'image':
      return [
        ...types,
        ['another detail', { ...event, detail: event.detail === 'low' ? 'high' : 'low' }],
        ['another character of a URL', { ...event, body: changed(event.body) }],
      ]
    case 'stored':
      return [
        ...types,
        ['another key', { ...event, key: changed(event.key) }],
        ['another character of a value', { ...event, body: changed(event.body) }],
      ]
    case 'place':
      return [...types, ['another column', { ...event, column: event.column + 1 }]]
    case 'text':
    case 'audio':
    case 'notify':
    case 'failed':
      return [...types, ['another character of a text', { ...event, body: changed(event.body) }]]
    default:
      return types
  }
}

/** A text of the same length with another last character. */
function changed(text: string): string {
  return text === '' ? 'x' : text.slice(0, -1) + (text.endsWith('x') ? 'y' : 'x')
}
