import { createHash } from 'node:crypto'
import { isRecord } from '../../protocol/json.ts'
import type { ProvidedResult } from '../ledger.ts'
import type { InboxEntry } from '../logs/session-logs.ts'
import type { InboxResult, ResultInbox } from '../session-store.ts'
import type { RecordLog } from './record-log.ts'

/** The kind of an inbox entry with the result of a deferred call. */
const resultKind = 'tool_result'

/** Interval at which the owner reads the inbox, in milliseconds. */
const pollMs = 1000

/** Returns the entry that brings a result to the owner of a session. The inbox takes one entry for each call. */
export function resultEntry(key: string, result: ProvidedResult): InboxEntry {
  const digest = createHash('sha256').update(key).digest('hex')
  return { id: `${resultKind}-${digest}`, kind: resultKind, body: { key, ...result } }
}

/** The results in the inbox of a session in a shared store. A result leaves it with the record that applies it. */
export class LoggedInbox implements ResultInbox {
  readonly pollMs: number = pollMs
  readonly #log: RecordLog
  /** Entries whose removal is not on record. */
  #taken: ReadonlySet<string> = new Set()

  constructor(log: RecordLog) {
    this.#log = log
  }

  async results(): Promise<readonly InboxResult[]> {
    const entries = (await this.#log.inbox()).filter(({ kind }) => kind === resultKind)
    const ids = new Set(entries.map(({ id }) => id))
    this.#taken = this.#taken.intersection(ids)
    return entries.flatMap((entry) => {
      if (this.#taken.has(entry.id)) return []
      const result = resultOf(entry)
      if (result === null) this.#remove(entry.id)
      return result ?? []
    })
  }

  take({ entry }: InboxResult, work: () => void): void {
    this.#log.transaction(() => {
      work()
      this.#remove(entry)
    })
  }

  /** A result that another process posts at the same time is dropped. */
  claim(_key: string, _result: ProvidedResult, work: () => void): boolean {
    work()
    return true
  }

  #remove(entry: string): void {
    this.#log.write({ type: 'inbox_taken', cell: 0, entry })
    this.#taken = new Set([...this.#taken, entry])
  }
}

/** Returns the result in an entry of the inbox; null for another entry. */
export function resultOf({ id: entry, kind, body: value }: InboxEntry): InboxResult | null {
  const { key, id, type, body, at } = isRecord(value) ? value : {}
  const isGood =
    kind === resultKind &&
    typeof key === 'string' &&
    (id === null || typeof id === 'string') &&
    (type === 'tool_response' || type === 'tool_error') &&
    typeof body === 'string' &&
    typeof at === 'number'
  return isGood ? { entry, key, id, type, body, at } : null
}
