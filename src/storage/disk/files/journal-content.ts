import { basename } from 'node:path'
import { parseJournalLine, unknownTypeOf, type JournalLine } from './journal-line.ts'
import { schemaSteps } from '../database/schema.ts'
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
    if (line === null) throw sessionInvalid(path, `the line at ${offset} ${problemOf(value)}`)
    return { offset, line }
  })
  return { lines: placed, end }
}

function problemOf(value: unknown): string {
  const type = unknownTypeOf(value)
  if (type === null) return 'is malformed'
  const known = `this version of codecell supports formats up to ${schemaSteps.length}`
  return `has the unknown type ${JSON.stringify(type.slice(0, 40))} of a newer format, and ${known}; use a newer version`
}

/** Returns the owner of the lines of a journal: its cell. */
export function ownerOf(path: string): string {
  return basename(path, '.jsonl')
}
