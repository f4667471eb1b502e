import type { FromHost, ToHost } from '../../../src/protocol/message.ts'
import type { Transport, TransportEnd } from '../../../src/protocol/transport.ts'
import { LocalHostPool } from '../../../src/session/hosts/host-pool.ts'
import { startTestHost } from '../../support/engine.ts'

/** An event that a replay compares. It does not compare starts and sources that do not compile. */
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

/** One divergence: `inserted` replaces the next `removed` events from the index `at`. */
export type Divergence = {
  readonly kind: string
  readonly at: number
  readonly removed: number
  readonly inserted: readonly PlantedEvent[]
}

/** Real hosts that run one cell. Its next run can diverge from its earlier runs. */
export class PlantedHosts {
  readonly pool: LocalHostPool = new LocalHostPool({
    place: () => this.#start(),
    min: 1,
    max: 1,
    warmIsolates: 0,
    memoryMb: 64,
  })
  /** The events that the cell emitted in all runs, each once. */
  readonly events: PlantedEvent[]
  /** The divergence of the next run, if any. */
  divergence: Divergence | null = null
  #current: PlantedTransport | null = null

  /** Starts with the `events` of a run on other hosts, or with none. */
  constructor(events: readonly PlantedEvent[] = []) {
    this.events = [...events]
  }

  /** Ends the host in the same way as SIGKILL. */
  kill(): void {
    this.#current?.kill()
  }

  #start(): Transport {
    this.#current = new PlantedTransport(this)
    return this.#current
  }
}

class PlantedTransport implements Transport {
  readonly isLink = false
  readonly unsentBytes = 0
  readonly sentBytes = 0
  readonly drained = (): Promise<void> => Promise.resolve()
  readonly ended: Promise<TransportEnd>
  readonly #hosts: PlantedHosts
  readonly #host: Transport = startTestHost()
  readonly #end: (end: TransportEnd) => void
  #isOver = false
  /** The number of events in this run. */
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
      if (!this.#isOver) onMessages(messages.flatMap((message) => this.#translate(message)))
    })
  }

  #translate(message: FromHost): readonly FromHost[] {
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
        return this.#diverge(message)
    }
  }

  #diverge(event: PlantedEvent): readonly FromHost[] {
    const { divergence, events } = this.#hosts
    const index = this.#count++
    if (index >= events.length) events.push(event)
    if (divergence === null || index < divergence.at || index >= divergence.at + divergence.removed) return [event]
    return index === divergence.at ? divergence.inserted.map((put) => ({ ...put, cell: event.cell })) : []
  }

  kill(): void {
    this.#endWith({ type: 'lost', reason: 'it was killed by SIGKILL', detail: '', cause: 'SIGKILL' })
  }

  residentBytes(): number | null {
    return null
  }

  #endWith(end: TransportEnd): void {
    this.#isOver = true
    void this.#host[Symbol.asyncDispose]()
    this.#end(end)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#endWith({ type: 'closed' })
  }
}

/** Returns all divergences of one event or of its neighbors. */
export function divergencesOf(events: readonly PlantedEvent[]): readonly Divergence[] {
  return events.flatMap((event, at) => {
    const next = events[at + 1]
    const swapped =
      next === undefined || JSON.stringify(next) === JSON.stringify(event)
        ? []
        : [{ kind: 'another order', at, removed: 2, inserted: [next, event] }]
    const extra: PlantedEvent = { type: 'text', cell: event.cell, body: 'never said before' }
    return [
      ...swapped,
      ...changesOf(event).map(([kind, put]) => ({ kind, at, removed: 1, inserted: [put] })),
      { kind: 'an event more', at, removed: 1, inserted: [extra, event] },
      { kind: 'an event less', at, removed: 1, inserted: [] },
    ]
  })
}

/** Returns variants of an event, each with one changed property. */
function changesOf(event: PlantedEvent): readonly (readonly [kind: string, event: PlantedEvent])[] {
  const type: readonly [string, PlantedEvent] = ['another type', { type: 'notify', cell: event.cell, body: 'x' }]
  const types = event.type === 'notify' ? [] : [type]
  switch (event.type) {
    case 'tool_call':
      return [
        ...types,
        ['another tool', { ...event, tool: event.tool === 'ask' ? 'hold' : 'ask' }],
        ['another character of an input', { ...event, body: changeLast(event.body) }],
      ]
    case 'timer_set':
      return [...types, ['another delay', { ...event, delay: event.delay + 1 }]]
    case 'timer_cleared':
      return [...types, ['another timer', { ...event, id: event.id + 1 }]]
    case 'image':
      return [
        ...types,
        ['another detail', { ...event, detail: event.detail === 'low' ? 'high' : 'low' }],
        ['another character of a URL', { ...event, body: changeLast(event.body) }],
      ]
    case 'stored':
      return [
        ...types,
        ['another key', { ...event, key: changeLast(event.key) }],
        ['another character of a value', { ...event, body: changeLast(event.body) }],
      ]
    case 'place':
      return [...types, ['another column', { ...event, column: event.column + 1 }]]
    case 'text':
    case 'audio':
    case 'notify':
    case 'failed':
      return [...types, ['another character of a text', { ...event, body: changeLast(event.body) }]]
    default:
      return types
  }
}

/** Returns a string of the same length with another last character. */
function changeLast(text: string): string {
  return text === '' ? 'x' : text.slice(0, -1) + (text.endsWith('x') ? 'y' : 'x')
}
