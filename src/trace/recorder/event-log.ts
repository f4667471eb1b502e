import { messageOf } from '../../errors.ts'
import type { EventScope } from '../bundle/bundle-writer.ts'
import type { PayloadKind } from '../bundle/payload-kind.ts'
import type { RecordedEvent } from '../bundle/trace-schema.ts'
import type { PayloadReference, RawPayload } from '../format/raw-event.ts'
import type { TraceSink } from '../bundle/trace-sink.ts'
import { ItemPayloads, piecesOf } from './item-payloads.ts'
import { jsonOf } from './safe-json.ts'

const nowhere: EventScope = { threadId: null, turnId: null }

/** Lists of serialized items by their names in the payload. */
export type ItemLists = Readonly<Record<string, readonly string[]>>

/** The log of one bundle, shared by the recorders of all threads and sessions. */
export class EventLog {
  readonly sink: TraceSink
  readonly items: ItemPayloads
  readonly #usedIds = new Map<string, number>()
  readonly #catalogues = new WeakMap<object, string>()
  #records = 0
  #files = 0

  constructor(sink: TraceSink) {
    this.sink = sink
    this.items = new ItemPayloads(sink)
  }

  append(scope: EventScope, event: RecordedEvent): void {
    this.sink.append(scope, event)
  }

  payload(kind: PayloadKind, value: unknown): PayloadReference {
    return this.sink.payload(kind, jsonOf(value))
  }

  /** Adds a payload with lists of serialized items, after its other members. */
  itemsPayload(kind: PayloadKind, lists: ItemLists, members: object = {}): PayloadReference {
    return this.items.write(kind, piecesOf(lists, jsonOf(members)))
  }

  /** Accepts the output of a tool, an item in JSON, into the conversation. */
  acceptOutput(scope: EventScope, itemId: string, item: string): void {
    const accepted = { type: 'history_item_accepted', item_id: itemId } as const
    if (this.sink.schema === 2) return this.append(scope, accepted)
    this.append(scope, { ...accepted, tool_output_payload: this.items.writeItem(item) })
  }

  /** Logs an event that the reducer only registers. */
  observe(type: string, value: unknown): void {
    this.append(nowhere, {
      type: 'protocol_event_observed',
      event_type: type,
      event_payload: this.payload('protocol_event', value),
    })
  }

  /** Appends an event that belongs to no thread. */
  appendGlobal(event: RawPayload): void {
    this.append(nowhere, event)
  }

  /**
   * Returns the id, or a longer one if the bundle already has it: a second call with the same id would contradict the first.
   */
  uniqueId(wanted: string): string {
    for (let id = wanted; ; id = `${wanted}~${this.#count(wanted)}`) {
      if (this.#usedIds.has(id)) continue
      this.#usedIds.set(id, 1)
      return id
    }
  }

  /** Returns `<name>:1`, `<name>:2`, …. */
  nextId(name: string): string {
    return this.uniqueId(`${name}:${this.#count(`${name}:`)}`)
  }

  #count(id: string): number {
    const count = (this.#usedIds.get(id) ?? 0) + 1
    this.#usedIds.set(id, count)
    return count
  }

  /** Returns the path of the next cell log. */
  nextRecordPath(): string {
    return `cells/${++this.#records}.jsonl`
  }

  /** Writes a text to a new file, and returns its path. */
  keepText(kind: 'catalogue' | 'value', text: string): string {
    const path = `cells/${kind}-${++this.#files}.json`
    this.sink.addTo(path, text)
    return path
  }

  /** Returns the path of the file with the tools of a cell; cells with the same tools share it. */
  cataloguePath(catalogue: { readonly json: string }): string {
    const known = this.#catalogues.get(catalogue)
    if (known !== undefined) return known
    const path = this.keepText('catalogue', catalogue.json)
    this.#catalogues.set(catalogue, path)
    return path
  }
}

/** Returns a string for a value that a caller without types passed, such as an error. */
export function stringOf(value: unknown): string {
  if (typeof value === 'string') return value
  return value instanceof Error ? messageOf(value) : jsonOf(value)
}

const previewLength = 160

/** Returns the beginning of a text in the form of the reference's summaries. */
export function preview(text: string): string {
  const start = text.slice(0, previewLength + 1)
  return start.length <= previewLength ? start : `${start.slice(0, previewLength).toWellFormed()}...`
}
