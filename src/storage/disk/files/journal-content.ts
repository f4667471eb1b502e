import { basename } from 'node:path'
import { parseJournalLine, type JournalLine } from './journal-line.ts'
import { readLines } from './checksummed-line.ts'
import { sessionInvalid } from '../common/storage-error.ts'

/** A line of a journal, and its offset in bytes. */
type PlacedLine = { readonly offset: number; readonly line: JournalLine }

/** The lines of a journal; `end` is the end of its last valid line. */
export type JournalContent = { readonly lines: readonly PlacedLine[]; readonly end: number }

/**
 * Parses the bytes of a journal, up to a torn end.
 *
 * @throws {CodecellError} `SESSION_INVALID` for a corrupt journal
 */
export function readJournal(path: string, content: Buffer): JournalContent {
  const { lines, end, isBroken } = readLines(ownerOf(path), content)
  if (isBroken) {
    throw sessionInvalid(
      path,
      `the journal is corrupt after ${end} bytes: a line is changed, missing or out of order; restore the folder from a backup`,
    )
  }
  const placed = lines.map(({ offset, value }) => {
    const line = parseJournalLine(value)
    if (line === null) throw sessionInvalid(path, `the line at ${offset} is malformed`)
    return { offset, line }
  })
  return { lines: placed, end }
}

/** Returns the owner of the lines of a journal: its cell. */
export function ownerOf(path: string): string {
  return basename(path, '.jsonl')
}
