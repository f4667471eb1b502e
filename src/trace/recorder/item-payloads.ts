import { hash } from 'node:crypto'
import { recordableJson } from '../bundle/recordable-json.ts'
import type { PayloadKind } from '../bundle/payload-kind.ts'
import type { TraceSink } from '../bundle/trace-sink.ts'
import type { PayloadReference, ShardPayloadReference } from '../format/raw-event.ts'

/** A piece of a payload in JSON: plain text, or a conversation item. */
export type PayloadPiece = string | { readonly item: string }

/** The minimum length of an item that is a payload of its own. A reference to it takes about 80 characters. */
const minPartLength = 256

/**
 * Writes payloads that contain conversation items. In schema 3, a long item is written once, and the payloads that contain it refer
 * to it: agents send their whole history with each request.
 */
export class ItemPayloads {
  readonly #sink: TraceSink
  /** The written items by the hashes of their JSON. */
  readonly #written = new Map<string, ShardPayloadReference>()

  constructor(sink: TraceSink) {
    this.#sink = sink
  }

  /** Writes a payload that consists of these pieces. */
  write(kind: PayloadKind, pieces: readonly PayloadPiece[]): PayloadReference {
    const fragments: string[] = []
    const parts: ShardPayloadReference[] = []
    let fragment = ''
    for (const piece of pieces) {
      const part = typeof piece === 'string' ? null : this.#partOf(piece.item)
      if (part === null) fragment += typeof piece === 'string' ? piece : recordableJson(piece.item)
      else {
        fragments.push(recordableJson(fragment))
        parts.push(part)
        fragment = ''
      }
    }
    if (parts.length === 0) return this.#sink.payload(kind, fragment)
    return this.#sink.payload(kind, JSON.stringify([...fragments, recordableJson(fragment)]), parts)
  }

  /** Writes an item alone. */
  writeItem(item: string): PayloadReference {
    return this.#partOf(item) ?? this.#sink.payload('model_item', item)
  }

  /** Returns the reference to an item with its own payload; null for a short item. */
  #partOf(item: string): ShardPayloadReference | null {
    if (this.#sink.schema === 2 || item.length < minPartLength) return null
    const key = hash('sha1', item, 'base64')
    const known = this.#written.get(key)
    if (known !== undefined) return known
    const reference = this.#sink.payload('model_item', item)
    if (!('shard' in reference)) return null
    this.#written.set(key, reference)
    return reference
  }
}

/** Returns the pieces of an object with lists of items, after its other members in JSON. */
export function piecesOf(lists: Readonly<Record<string, readonly string[]>>, members: string): readonly PayloadPiece[] {
  const pieces: PayloadPiece[] = [members.slice(0, -1)]
  let comma = members === '{}' ? '' : ','
  for (const [name, items] of Object.entries(lists)) {
    pieces.push(`${comma}${JSON.stringify(name)}:[`)
    for (const [index, item] of items.entries()) pieces.push(...(index === 0 ? [] : [',']), { item })
    pieces.push(']')
    comma = ','
  }
  return [...pieces, '}']
}
