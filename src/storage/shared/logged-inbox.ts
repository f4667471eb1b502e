import { createHash } from 'node:crypto'
import { parseInboxContent, type InboxContent, type LeftEntry } from '../inbox-content.ts'
import type { ProvidedResult } from '../ledger.ts'
import type { InboxEntry } from '../logs/session-logs.ts'
import type { Inbox } from '../session-store.ts'
import type { RecordLog } from './record-log.ts'

/** Interval at which the owner reads the inbox, in milliseconds. */
const pollMs = 1000

/**
 * Returns the entry that brings a request to the owner of a session. The inbox takes one entry for each subject. It takes all
 * decisions, because a call can be pending again after a decision; the owner applies the first.
 */
export function entryOf(content: InboxContent): InboxEntry {
  const { kind, ...body } = content
  const subject = content.kind === 'decision' ? `${content.key}\0${content.id}` : content.key
  const digest = createHash('sha256').update(subject).digest('hex')
  return { id: `${kind}-${digest}`, kind, body }
}

/** Returns the entry that brings a result to the owner of a session. The inbox takes one entry for each call. */
export function resultEntry(key: string, result: ProvidedResult): InboxEntry {
  return entryOf({ kind: 'tool_result', key, ...result })
}

/** Returns the content of an entry, which any process may have posted. */
export function leftEntryOf({ id, kind, body }: InboxEntry): LeftEntry {
  return { entry: id, content: parseInboxContent(kind, body) }
}

/** The inbox of a session in a shared store. An entry leaves it with the record that applies it. */
export class LoggedInbox implements Inbox {
  readonly pollMs: number = pollMs
  readonly #log: RecordLog
  /** Entries whose removal is not on record. */
  #taken: ReadonlySet<string> = new Set()

  constructor(log: RecordLog) {
    this.#log = log
  }

  async entries(): Promise<readonly LeftEntry[]> {
    const entries = await this.#log.inbox()
    this.#taken = this.#taken.intersection(new Set(entries.map(({ id }) => id)))
    return entries.filter(({ id }) => !this.#taken.has(id)).map((entry) => leftEntryOf(entry))
  }

  async hasEntries(): Promise<boolean> {
    return await this.#log.hasEntries()
  }

  take(entry: string, work: () => string | null): void {
    this.#log.transaction(() => {
      const reason = work()
      this.#log.write({ type: 'inbox_taken', cell: 0, entry, reason })
    })
    this.#taken = new Set([...this.#taken, entry])
  }

  refuse(entry: string, reason: string): void {
    this.take(entry, () => reason)
  }

  /** A result that another process posts at the same time is dropped. */
  claim(_key: string, _result: ProvidedResult, work: () => void): boolean {
    work()
    return true
  }
}
