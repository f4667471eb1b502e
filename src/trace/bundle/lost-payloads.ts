import { isRecord } from '../../protocol/json.ts'
import { payloadId, type StoredPayload } from './payload-store.ts'

/** The payloads of a bundle that could not be written. Events must not refer to them as if they were there. */
export class LostPayloads {
  /** Whether the schema has references to omitted payloads. */
  readonly #canOmit: boolean
  /** The sizes of the payloads by their ids. */
  readonly #sizes = new Map<string, number>()

  constructor(canOmit: boolean) {
    this.#canOmit = canOmit
  }

  add({ number, json }: StoredPayload): void {
    this.#sizes.set(payloadId(number), json.length)
  }

  /** Returns an event without its lost payloads. Throws for an event that needs one, in a schema that cannot omit it. */
  removeFrom(json: string): string {
    if (this.#sizes.size === 0) return json
    const event: unknown = JSON.parse(json)
    if (!isRecord(event)) return json
    for (const [name, value] of Object.entries(event)) {
      const size = this.#lostSize(value)
      if (size !== null) event[name] = this.#withoutContent(event, name, size)
    }
    return JSON.stringify(event)
  }

  #withoutContent(event: Record<string, unknown>, name: string, size: number): unknown {
    const type = String(event['type'])
    if (isOptional(type, name)) return null
    const { raw_payload_id, kind } = isRecord(event[name]) ? event[name] : {}
    if (this.#canOmit)
      return { raw_payload_id, kind, shard: null, capture: { status: 'omitted', original_bytes: size } }
    throw new Error(`${String(raw_payload_id)}, which ${type} needs, is lost`)
  }

  /** Returns the size of a payload that is lost, or that has a lost part; null for any other value. */
  #lostSize(value: unknown): number | null {
    if (!isRecord(value) || typeof value['raw_payload_id'] !== 'string') return null
    const size = this.#sizes.get(value['raw_payload_id'])
    if (size !== undefined) return size
    const { parts } = value
    const sizes = Array.isArray(parts) ? parts.map((part: unknown) => this.#lostSize(part)) : []
    return sizes.find((lost) => lost !== null) ?? null
  }
}

const optional = new Set([
  'metadata_payload',
  'agent_message_payload',
  'tool_output_payload',
  'invocation_payload',
  'result_payload',
  'partial_response_payload',
  'carried_payload',
])

function isOptional(event: string, member: string): boolean {
  return optional.has(member) || (member === 'response_payload' && event.startsWith('code_cell_'))
}
