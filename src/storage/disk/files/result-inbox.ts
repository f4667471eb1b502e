import { createHash, randomUUID } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { isRecord } from '../../../protocol/json.ts'
import type { ProvidedResult } from '../../ledger.ts'
import type { InboxResult, ResultInbox } from '../../session-store.ts'
import { sessionInvalid, storageFailed } from '../common/storage-error.ts'
import { logLine, readLines } from './checksummed-line.ts'

/** Interval at which the owner lists the folder, in milliseconds. */
const pollMs = 250

/**
 * The folder in which other processes leave results for the owner of a session: one file for each call, whose name is the digest of
 * its key. A file is complete as soon as it has this name, and never changes.
 */
export class DiskInbox implements ResultInbox {
  readonly pollMs: number = pollMs
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** @throws {CodecellError} `SESSION_INVALID` for a corrupt file */
  async results(): Promise<readonly InboxResult[]> {
    return namesIn(this.#folder)
      .flatMap((name) => readEntry(this.#folder, name) ?? [])
      .toSorted((left, right) => left.at - right.at)
  }

  take({ entry }: InboxResult, work: () => void): void {
    work()
    rmSync(join(this.#folder, entry), { force: true })
  }

  claim(key: string, result: ProvidedResult, work: () => void): boolean {
    if (!leaveResult(this.#folder, key, result)) return false
    try {
      work()
    } finally {
      withdrawResult(this.#folder, key)
    }
    return true
  }
}

/**
 * Leaves a result for the owner of a session. Returns false when there is one for the call.
 *
 * @throws {CodecellError} `STORAGE_FAILED`, `SESSION_INVALID` for a corrupt file
 */
export function leaveResult(folder: string, key: string, result: ProvidedResult): boolean {
  const name = nameOf(key)
  const temporary = join(folder, `${name}.${randomUUID()}.new`)
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeWhole(temporary, logLine(name, 0, { key, ...result }))
    // Unlike a rename, a link never replaces the result of another process.
    linkSync(temporary, join(folder, name))
    return true
  } catch (cause) {
    if (isFileError(cause, 'EEXIST')) return false
    throw storageFailed(folder, cause)
  } finally {
    rmSync(temporary, { force: true })
  }
}

/** Removes the result of a call. */
export function withdrawResult(folder: string, key: string): void {
  rmSync(join(folder, nameOf(key)), { force: true })
}

/**
 * Returns the result that waits for the owner; null for none.
 *
 * @throws {CodecellError} `SESSION_INVALID` for a corrupt file
 */
export function leftResult(folder: string, key: string): InboxResult | null {
  return readEntry(folder, nameOf(key))
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

function nameOf(key: string): string {
  return `${createHash('sha256').update(key).digest('hex')}.json`
}

/** Returns null when the owner has taken the entry. */
function readEntry(folder: string, name: string): InboxResult | null {
  const path = join(folder, name)
  let content: Buffer
  try {
    content = readFileSync(path)
  } catch (cause) {
    if (isFileError(cause, 'ENOENT')) return null
    throw sessionInvalid(path, 'a result in the inbox cannot be read', cause)
  }
  const { lines, isBroken } = readLines(name, content)
  const result = isBroken ? null : parseResult(lines[0]?.value)
  if (result === null || nameOf(result.key) !== name) {
    throw sessionInvalid(path, 'a result in the inbox is corrupt; remove the file, and provide the result again')
  }
  return { ...result, entry: name }
}

function parseResult(value: unknown): Omit<InboxResult, 'entry'> | null {
  const { key, id, type, body, at } = isRecord(value) ? value : {}
  const isGood =
    typeof key === 'string' &&
    (id === null || typeof id === 'string') &&
    (type === 'tool_response' || type === 'tool_error') &&
    typeof body === 'string' &&
    typeof at === 'number'
  return isGood ? { key, id, type, body, at } : null
}

function isFileError(error: unknown, code: 'EEXIST' | 'ENOENT'): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
