import type { LogRecord, RecordOf } from './log-record.ts'
import type { StoredRecord } from './record-blobs.ts'

/** Records that count together. */
export type Unit = readonly LogRecord[]

/** Maximum length of the strings of one row, in characters: less than the maximum number of bytes in any encoding. */
const maxRowChars = 512 * 1024

/** Combines units to rows. A unit that is too long for a row becomes one record, which is stored as a blob. */
export function rowsOf(units: readonly Unit[]): readonly Unit[] {
  const rows: LogRecord[][] = []
  let chars = Infinity
  for (const unit of units) {
    const length = unit.reduce((sum, record) => sum + charsOf(record), 0)
    const isLong = length > maxRowChars && unit.length > 1
    const added = isLong ? batchOf(unit) : unit
    const addedChars = isLong ? 0 : length
    if (chars + addedChars > maxRowChars) {
      rows.push([])
      chars = 0
    }
    rows.at(-1)?.push(...added)
    chars += addedChars
  }
  return rows
}

/** Returns the length of the strings of a record. */
export function lengthOf(record: LogRecord): number {
  return Object.values(record).reduce((sum: number, value) => sum + (typeof value === 'string' ? value.length : 8), 0)
}

/**
 * Returns one record with the records of a row; a long one is stored as a blob. Entries of the inbox leave it with the row, so their
 * records are not part of it.
 */
export function batchOf(row: Unit): Unit {
  const taken = row.filter(isTaken)
  const others = row.filter((record) => !isTaken(record))
  if (others.length === 0 || (others.length === 1 && others[0]?.type === 'batch')) return row
  return [{ type: 'batch', cell: 0, records: JSON.stringify(others) }, ...taken]
}

/** Returns the ids of the entries of the inbox that leave it with a row. */
export function takenBy(row: readonly StoredRecord[]): readonly string[] {
  return row.flatMap((record) => (isTaken(record) ? [record.entry] : []))
}

function isTaken(record: LogRecord | StoredRecord): record is RecordOf<'inbox_taken'> {
  return record.type === 'inbox_taken' && 'entry' in record && typeof record.entry === 'string'
}

/** Returns the length of the strings of a record that are not blobs, and of its names. */
function charsOf(record: LogRecord): number {
  let chars = 200
  for (const value of Object.values(record)) {
    if (typeof value === 'string') chars += Math.min(value.length, 64 * 1024)
  }
  return chars
}
