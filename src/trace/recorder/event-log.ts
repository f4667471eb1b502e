import { messageOf } from '../../errors.ts'
import type { EventScope, PayloadKind } from '../bundle/bundle-writer.ts'
import type { PayloadReference, RawPayload } from '../format/raw-event.ts'
import type { RecordedEvent, TraceSink } from '../bundle/trace-sink.ts'

const nowhere: EventScope = { threadId: null, turnId: null }

/** One bundle while it is recorded: what all threads and sessions in it share. */
export class Recording {
  readonly sink: TraceSink
  readonly #usedIds = new Map<string, number>()
  readonly #catalogues = new WeakMap<object, string>()
  #records = 0
  #files = 0

  constructor(sink: TraceSink) {
    this.sink = sink
  }

  append(scope: EventScope, event: RecordedEvent): void {
    this.sink.append(scope, event)
  }

  payload(kind: PayloadKind, value: unknown): PayloadReference {
    return this.sink.payload(kind, jsonOf(value))
  }

  /** Raw evidence that the reducer only registers. */
  observe(type: string, value: unknown): void {
    this.append(nowhere, {
      type: 'protocol_event_observed',
      event_type: type,
      event_payload: this.payload('protocol_event', value),
    })
  }

  /** An event that belongs to no thread. */
  appendGlobal(event: RawPayload): void {
    this.append(nowhere, event)
  }

  /**
   * The id, or, when the bundle has it already, one that begins with it: a second call under one id would contradict the
   * first, and nothing that is recorded may spoil the bundle.
   */
  uniqueId(wanted: string): string {
    for (let id = wanted; ; id = `${wanted}~${this.#count(wanted)}`) {
      if (this.#usedIds.has(id)) continue
      this.#usedIds.set(id, 1)
      return id
    }
  }

  /** `<name>:1`, `<name>:2`, … */
  nextId(name: string): string {
    return this.uniqueId(`${name}:${this.#count(`${name}:`)}`)
  }

  #count(id: string): number {
    const count = (this.#usedIds.get(id) ?? 0) + 1
    this.#usedIds.set(id, count)
    return count
  }

  /** The file for the record of the next cell. */
  nextRecordPath(): string {
    return `cells/${++this.#records}.jsonl`
  }

  /** Writes a text to a file of its own, once, and names it. */
  keepText(kind: 'catalogue' | 'value', text: string): string {
    const path = `cells/${kind}-${++this.#files}.json`
    this.sink.addTo(path, text)
    return path
  }

  /** The file with the tools of a cell; cells with the same tools share it. */
  cataloguePath(catalogue: { readonly json: string }): string {
    const known = this.#catalogues.get(catalogue)
    if (known !== undefined) return known
    const path = this.keepText('catalogue', catalogue.json)
    this.#catalogues.set(catalogue, path)
    return path
  }
}

/** JSON text of any value: of one that has none, why. */
export function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'null'
  } catch (error) {
    return JSON.stringify({ not_recorded: messageOf(error) })
  }
}

const previewLength = 160

/** The beginning of a text, as the reference's summaries have it (contract section 24.1, X5). */
export function preview(text: string): string {
  const start = text.slice(0, previewLength + 1)
  return start.length <= previewLength ? start : `${start.slice(0, previewLength).toWellFormed()}...`
}
