import { isRecord } from '../../../protocol/json.ts'
import type { OpenLog } from '../../logs/session-logs.ts'
import { malformed } from './field-reader.ts'
import type { LogRecord } from './log-record.ts'
import { parseLogRecord } from './parse-log-record.ts'

/** A record as the log has it. `blobs` has the digests of the strings that are not among the fields. */
export type StoredRecord = { readonly type: string; readonly cell: number }

type Blobs = Pick<OpenLog, 'getBlob'>

/** Bytes of a string in JSON above which it is stored as a blob. */
const maxInlineBytes = 64 * 1024

/** A string above this length can have more than `maxInlineBytes` in JSON. */
const maxInlineChars = maxInlineBytes / 6

/** Returns whether strings of the record must be stored as blobs. */
export function needsBlobs(record: LogRecord): boolean {
  return Object.values(record).some(isLong)
}

function isLong(value: string | number | boolean | null): boolean {
  return typeof value === 'string' && value.length > maxInlineChars && bytesOf(value).length > maxInlineBytes
}

/** Strings are stored as JSON, because UTF-8 cannot represent half of a surrogate pair. */
function bytesOf(text: string): Buffer {
  return Buffer.from(JSON.stringify(text))
}

/** Stores long strings of a record as blobs. Returns the record that names them. */
export async function storeBlobs(record: LogRecord, blobs: Pick<OpenLog, 'putBlob'>): Promise<StoredRecord> {
  if (!needsBlobs(record)) return record
  const { type, cell, ...fields } = record
  const digests: Record<string, string> = {}
  const short: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value !== 'string' || !isLong(value)) short[name] = value
    else digests[name] = await blobs.putBlob(bytesOf(value), scopeOf(record))
  }
  const stored = { type, cell, ...short, blobs: digests }
  return stored
}

/** Sessions of a tenant mostly have the same tools. */
function scopeOf({ type }: Pick<StoredRecord, 'type'>): 'tenant' | 'session' {
  return type === 'catalogue' ? 'tenant' : 'session'
}

/**
 * Parses a record of the log, with the strings of its blobs.
 *
 * @throws {CodecellError} `SESSION_INVALID` for a malformed record or blob
 */
export async function loadRecord(stored: StoredRecord, blobs: Blobs): Promise<LogRecord> {
  if (!('blobs' in stored)) return parseLogRecord(stored)
  const { blobs: digests, ...fields } = stored
  if (!isRecord(digests)) throw malformed('the blobs of a record are not an object')
  const loaded: Record<string, unknown> = { ...fields }
  for (const [name, digest] of Object.entries(digests)) {
    if (typeof digest !== 'string') throw malformed('the digest of a blob is not a string')
    loaded[name] = stringOf(await blobs.getBlob(digest, scopeOf(stored)))
  }
  return parseLogRecord(loaded)
}

function stringOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString())
  } catch (cause) {
    throw malformed('a blob is not a string', cause)
  }
}
