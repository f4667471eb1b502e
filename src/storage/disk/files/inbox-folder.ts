import { createHash, randomUUID } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { CodecellError } from '../../../errors.ts'
import { isRecord } from '../../../protocol/json.ts'
import {
  isAbout,
  parseInboxContent,
  type ContentOf,
  type InboxContent,
  type InboxResult,
  type InboxSettlement,
  type InboxSubject,
  type LeftEntry,
} from '../../inbox-content.ts'
import type { ProvidedResult } from '../../ledger.ts'
import type { Inbox } from '../../session-store.ts'
import { sessionInvalid, storageFailed } from '../common/storage-error.ts'
import { logLine, readLines } from './checksummed-line.ts'

/** Returns the settlements that the owner of a session has not taken, the oldest first. A file that cannot be read is left out. */
export function leftSettlements(folder: string): readonly InboxSettlement[] {
  return namesIn(folder).flatMap((name) => {
    try {
      const content = readEntry(folder, name)?.content ?? null
      return content?.kind === 'settlement' ? content : []
    } catch {
      return []
    }
  })
}

/** Interval at which the owner lists the folder, in milliseconds. */
const pollMs = 250

/** Maximum number of entries that the owner has not taken. */
const maxEntries = 1000

/** Maximum size of an entry in bytes. A larger file is not read. */
const maxEntryBytes = 64 * 1024 * 1024

/**
 * The folder in which other processes leave entries for the owner of a session: one file for each subject, whose name is the digest
 * of it. A file is complete as soon as it has this name, and never changes. A file that the owner refuses gets the suffix `.refused`.
 */
export class InboxFolder implements Inbox {
  readonly pollMs: number = pollMs
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** @throws {CodecellError} `SESSION_INVALID` for a corrupt file */
  async entries(): Promise<readonly LeftEntry[]> {
    return namesIn(this.#folder)
      .flatMap((name) => readEntry(this.#folder, name) ?? [])
      .toSorted((left, right) => timeOf(left) - timeOf(right))
  }

  async hasEntries(): Promise<boolean> {
    return namesIn(this.#folder).length > 0
  }

  take(entry: string, work: () => string | null): void {
    work()
    rmSync(join(this.#folder, entry), { force: true })
  }

  refuse(entry: string): void {
    const path = join(this.#folder, entry)
    try {
      renameSync(path, `${path}.refused`)
    } catch (cause) {
      if (!isFileError(cause, 'ENOENT')) throw storageFailed(path, cause)
    }
  }

  claim(key: string, result: ProvidedResult, work: () => void): boolean {
    const content: InboxResult = { kind: 'tool_result', key, ...result }
    if (!leaveEntry(this.#folder, content)) return false
    try {
      work()
    } finally {
      withdrawEntry(this.#folder, content)
    }
    return true
  }
}

function timeOf({ content }: LeftEntry): number {
  return content.kind === 'invalid' ? 0 : content.at
}

/**
 * Leaves an entry for the owner of a session. Returns false when there is one for the same subject.
 *
 * @throws {CodecellError} `STORAGE_FAILED`; `LIMIT_EXCEEDED` for a full inbox or a large entry
 */
export function leaveEntry(folder: string, content: InboxContent): boolean {
  const name = nameOf(content)
  const line = logLine(name, 0, content)
  checkRoom(folder, line.byteLength)
  const temporary = join(folder, `${name}.${randomUUID()}.new`)
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeWhole(temporary, line)
    // Unlike a rename, a link never replaces the entry of another process.
    linkSync(temporary, join(folder, name))
    return true
  } catch (cause) {
    if (isFileError(cause, 'EEXIST')) return false
    throw storageFailed(folder, cause)
  } finally {
    rmSync(temporary, { force: true })
  }
}

function checkRoom(folder: string, bytes: number): void {
  const count = namesIn(folder).length
  if (count < maxEntries && bytes <= maxEntryBytes) return
  const isFull = count >= maxEntries
  const details = isFull
    ? { limit: 'maxInboxEntries', max: maxEntries, observed: count + 1 }
    : { limit: 'maxInboxEntryBytes', max: maxEntryBytes, observed: bytes }
  const expected = isFull ? `at most ${maxEntries} entries` : `an entry of at most ${maxEntryBytes} bytes`
  const text = `Cannot leave an entry in "${folder}": expected ${expected}, got ${details.observed}`
  throw new CodecellError('LIMIT_EXCEEDED', text, { details })
}

/** Removes the entry for the same subject. */
export function withdrawEntry(folder: string, subject: InboxSubject): void {
  rmSync(join(folder, nameOf(subject)), { force: true })
}

/**
 * Returns the entry about a subject that waits for the owner; null for none.
 *
 * @throws {CodecellError} `SESSION_INVALID` for a corrupt file
 */
export function leftContent<Kind extends InboxContent['kind']>(
  folder: string,
  subject: InboxSubject<Kind>,
): ContentOf<Kind> | null {
  const content = readEntry(folder, nameOf(subject))?.content ?? null
  return isAbout(content, subject) ? content : null
}

function writeWhole(path: string, bytes: Buffer): void {
  const descriptor = openSync(path, 'wx', 0o600)
  try {
    for (let from = 0; from < bytes.length;) from += writeSync(descriptor, bytes, from)
    // The caller relies on the record, and does not provide the result again.
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function namesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder).filter((name) => /^[0-9a-f]{64}\.json$/.test(name))
}

/** Returns the name of a file: the digest of the subject of its entry, so that a second entry about it meets the first one. */
function nameOf({ kind, key }: InboxSubject): string {
  const subject = kind === 'tool_result' ? key : `${kind}\0${key}`
  return `${createHash('sha256').update(subject).digest('hex')}.json`
}

/** Returns null when the owner has taken the entry. */
function readEntry(folder: string, name: string): LeftEntry | null {
  const path = join(folder, name)
  let content: Buffer
  try {
    const stat = lstatSync(path)
    // Reading a pipe would block, and a link can lead anywhere.
    if (!stat.isFile()) return refused(name, 'it is not a file')
    if (stat.size > maxEntryBytes) return refused(name, `it has more than ${maxEntryBytes} bytes`)
    content = readFileSync(path)
  } catch (cause) {
    if (isFileError(cause, 'ENOENT')) return null
    throw sessionInvalid(path, 'an entry of the inbox cannot be read', cause)
  }
  const { lines, isBroken } = readLines(name, content)
  const value = isBroken ? undefined : lines[0]?.value
  if (!isRecord(value)) throw corrupt(path)
  // Results had no kind before there were other entries.
  const { kind = 'tool_result' } = value
  const parsed = parseInboxContent(typeof kind === 'string' ? kind : typeof kind, value)
  if (parsed.kind !== 'invalid' && nameOf(parsed) !== name) throw corrupt(path)
  return { entry: name, content: parsed }
}

function refused(entry: string, reason: string): LeftEntry {
  return { entry, content: { kind: 'invalid', reason } }
}

function corrupt(path: string): CodecellError {
  return sessionInvalid(path, 'an entry of the inbox is corrupt; remove the file, and send the request again')
}

function isFileError(error: unknown, code: 'EEXIST' | 'ENOENT'): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
