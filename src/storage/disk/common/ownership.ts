import { randomUUID } from 'node:crypto'
import { statSync } from 'node:fs'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { CodecellError } from '../../../errors.ts'
import { sessionLost } from './storage-error.ts'

/** Identifies one opening of a session. `token` also distinguishes openings of copies of a session. */
export type Epoch = { readonly number: number; readonly token: string }

/**
 * The right of one opening of a session to have effects. Each opening raises the epoch in the database. Every write of
 * an opening runs in a transaction that checks for its own epoch. So a process that lost its lock, whose files were
 * replaced, or that was suspended while another took over, has no further effects.
 */
export class Ownership {
  readonly epoch: Epoch
  readonly #path: string
  readonly #file: string
  readonly #statement: StatementSync
  #lost: CodecellError | null = null
  #onLost: (error: CodecellError) => void = () => undefined

  private constructor(path: string, database: DatabaseSync, epoch: Epoch) {
    this.#path = path
    this.epoch = epoch
    this.#file = identityOf(path)
    this.#statement = database.prepare('SELECT epoch, token FROM owner')
  }

  /** Takes the session over from every earlier opening, with an epoch above `minEpoch`. */
  static take(path: string, database: DatabaseSync, minEpoch: number): Ownership {
    const token = randomUUID().slice(0, 8)
    database.exec('BEGIN IMMEDIATE')
    const row = database.prepare('SELECT epoch FROM owner').get()
    const number = Math.max(minEpoch, Number(row?.['epoch'] ?? 0)) + 1
    database.prepare('INSERT OR REPLACE INTO owner (id, epoch, token) VALUES (1, ?, ?)').run(number, token)
    database.exec('COMMIT')
    return new Ownership(path, database, { number, token })
  }

  /** Calls `callback` once, soon after the loss of the session is noticed. */
  onLost(callback: (error: CodecellError) => void): void {
    this.#onLost = callback
  }

  /** Throws `SESSION_LOST` when another opening has taken the session over, or its files were replaced. */
  check(): void {
    this.#demand(this.#isSameFile && this.#isOurs())
  }

  /** Throws `SESSION_LOST` when the files were replaced: a reader of the new files would not see this write. */
  checkPath(): void {
    this.#demand(this.#isSameFile)
  }

  #demand(isOwner: boolean): void {
    if (this.#lost === null && !isOwner) {
      const lost = sessionLost(this.#path)
      this.#lost = lost
      // Not within the call that noticed it.
      queueMicrotask(() => this.#onLost(lost))
    }
    if (this.#lost !== null) throw this.#lost
  }

  get #isSameFile(): boolean {
    return identityOf(this.#path) === this.#file
  }

  #isOurs(): boolean {
    const row = this.#statement.get()
    return row?.['epoch'] === this.epoch.number && row['token'] === this.epoch.token
  }
}

/** Identifies a file, to notice its replacement; empty without a file. */
export function identityOf(path: string): string {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stat === undefined ? '' : `${stat.dev}:${stat.ino}`
}
