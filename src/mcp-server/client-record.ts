import { isRecord } from '../protocol/json.ts'
import type { ClientState } from '../session/session-internals.ts'

/** The facts about a client that the next owner of its stored session needs. */
export type ClientRecord = {
  /** The parameters of `initialize`; null for a client of the newer protocol, which has no such request. */
  readonly initialize: Readonly<Record<string, unknown>> | null
  /** Whether the latest request came from a client that can ask its user; null before the first one. */
  readonly canAsk: boolean | null
  /** Whether the client has ended its session. */
  readonly isDeleted: boolean
}

const unknownClient: ClientRecord = { initialize: null, canAsk: null, isDeleted: false }

/** The record of a client, in memory until its session is open, and then with the session. */
export class ClientMemory {
  #record: ClientRecord = unknownClient
  #changes: Partial<ClientRecord> = {}
  #state: ClientState | null = null

  get record(): ClientRecord {
    return this.#record
  }

  /** Reads the record of an open session. Changes from before are written to it. */
  async attach(state: ClientState | null): Promise<void> {
    this.#state = state
    this.#record = { ...parseClientRecord(state?.read() ?? null), ...this.#changes }
    await this.update(this.#changes)
  }

  /** Resolves when the change is on record. In memory, it is there at once. */
  async update(changes: Partial<ClientRecord>): Promise<void> {
    this.#record = { ...this.#record, ...changes }
    if (this.#state === null) this.#changes = { ...this.#changes, ...changes }
    const json = JSON.stringify(this.#record)
    if (this.#state !== null && this.#state.read() !== json) await this.#state.write(json)
  }
}

function parseClientRecord(json: string | null): ClientRecord {
  const fields: unknown = json === null ? null : JSON.parse(json)
  if (!isRecord(fields)) return unknownClient
  const { initialize, canAsk, isDeleted } = fields
  return {
    initialize: isRecord(initialize) ? initialize : null,
    canAsk: typeof canAsk === 'boolean' ? canAsk : null,
    isDeleted: isDeleted === true,
  }
}
