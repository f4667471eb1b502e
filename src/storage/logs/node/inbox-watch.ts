import type { LogDatabase } from '../log-database.ts'
import { keyOf } from '../session-names.ts'
import type { SessionName } from '../session-logs.ts'

/** Maximum age of the last reading, in milliseconds. Sessions that ask in between share it. */
const maxAgeMs = 250

/** The sessions of a node whose inboxes have entries, read by one statement for all of them. */
export class InboxWatch {
  readonly #database: Pick<LogDatabase, 'inboxesOf'>
  readonly #node: string
  #found: ReadonlySet<string> = new Set()
  #readAt = -Infinity
  #reading: Promise<void> | null = null

  constructor(database: Pick<LogDatabase, 'inboxesOf'>, node: string) {
    this.#database = database
    this.#node = node
  }

  /**
   * Returns whether the inbox of a session has entries, at most 250 ms ago.
   *
   * @throws {CodecellError} `STORE_UNREACHABLE`
   */
  async hasEntries(name: SessionName): Promise<boolean> {
    if (performance.now() - this.#readAt >= maxAgeMs) {
      this.#reading ??= this.#read().finally(() => (this.#reading = null))
      await this.#reading
    }
    return this.#found.has(keyOf(name))
  }

  async #read(): Promise<void> {
    const readAt = performance.now()
    const names = await this.#database.inboxesOf(this.#node)
    this.#found = new Set(names.map(keyOf))
    this.#readAt = readAt
  }
}
