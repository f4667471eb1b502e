import { randomBytes } from 'node:crypto'
import type { SnapshotSlot } from '../snapshot-slot.ts'
import type { LogRecord } from './records/log-record.ts'
import type { RecordLog } from './record-log.ts'
import { snapshotRecords } from './state/state-snapshot.ts'

const keyBytes = 32

/** Maximum length of the snapshots of a session in its log, in characters of base64. The journals of the other cells are replayed. */
const maxChars = 4 * 2 ** 20

export type LoggedSnapshotParts = {
  readonly log: RecordLog
  readonly cell: number
  /** Returns the records of the journal that are not written. */
  readonly newEvents: () => readonly LogRecord[]
}

/** The snapshot of one cell in the log of its session. */
export class LoggedSnapshot implements SnapshotSlot {
  readonly #parts: LoggedSnapshotParts

  constructor(parts: LoggedSnapshotParts) {
    this.#parts = parts
  }

  key(): Uint8Array {
    const { log } = this.#parts
    if (log.state.snapshotKey === null) {
      log.write({ type: 'snapshot_key', cell: 0, key: randomBytes(keyBytes).toString('base64') })
    }
    return Buffer.from(log.state.snapshotKey ?? '', 'base64')
  }

  write(sealed: Buffer): boolean {
    const { log, cell, newEvents } = this.#parts
    const body = sealed.toString('base64')
    if (this.#otherChars() + body.length > maxChars) return false
    log.write(...newEvents())
    // Each in a row of its own: together they would become a blob, and blobs stay as long as their session.
    for (const record of snapshotRecords(cell, body)) log.write(record)
    return true
  }

  /** Returns the length of the snapshots of other cells. */
  #otherChars(): number {
    const { log, cell } = this.#parts
    let chars = 0
    for (const [number, { journal }] of log.state.openCells) if (number !== cell) chars += journal?.snapshot.length ?? 0
    return chars
  }

  read(): Buffer | null {
    const body = this.#parts.log.state.cells.get(this.#parts.cell)?.journal?.snapshot.body ?? null
    return body === null ? null : Buffer.from(body, 'base64')
  }

  remove(): void {
    const { log, cell } = this.#parts
    if (this.read() === null) return
    try {
      log.tryWrite({ type: 'snapshot', cell, part: 0, parts: 0, body: '' })
    } catch {
      // The end of the cell removes it.
    }
  }
}
