import { basename } from 'node:path'
import { parseJournalLine, type JournalLine } from './journal-line.ts'
import { readLines } from './checksummed-line.ts'
import { sessionInvalid } from '../storage-error.ts'

/** A line of a journal, and the byte at which it begins. */
type PlacedLine = { readonly offset: number; readonly line: JournalLine }

/** What a journal says; `end` is where its last good line ends. */
export type JournalContent = { readonly lines: readonly PlacedLine[]; readonly end: number }

/** Reads the bytes of a journal, up to a torn end. Throws `SESSION_INVALID` for one that is damaged. */
export function readJournal(path: string, content: Buffer): JournalContent {
  const { lines, end, isBroken } = readLines(ownerOf(path), content)
  if (isBroken) {
    throw sessionInvalid(
      path,
      `the journal is damaged after ${end} bytes: a line is changed, missing or out of order; restore the folder from a backup`,
    )
  }
  const placed = lines.map(({ offset, value }) => {
    const line = parseJournalLine(value)
    if (line === null) throw sessionInvalid(path, `the line at ${offset} is none of a journal`)
    return { offset, line }
  })
  return { lines: placed, end }
}

/** The lines of a journal belong to its cell. */
export function ownerOf(path: string): string {
  return basename(path, '.jsonl')
}
