import { closeSync, openSync, readFileSync, readSync, realpathSync, statSync } from 'node:fs'
import { isAbsolute, join, sep } from 'node:path'
import { CodecellError, messageOf } from '../errors.ts'
import { jsonDepth } from '../protocol/json.ts'
import { parseRawEvent, parseTraceManifest } from './parse-raw-event.ts'
import type { PayloadReference, RawEvent, TraceManifest } from './raw-event.ts'
import type { TracePayloads } from './reduction.ts'

/** A bundle on disk, ready for `reduceTrace(bundle.manifest, bundle.events(), bundle.payloads)`. */
export type TraceBundle = {
  readonly manifest: TraceManifest
  readonly payloads: TracePayloads
  /** Reads the log from its beginning, line by line; only one line is held at a time. */
  readonly events: () => Iterable<RawEvent>
}

/** The longest manifest, line and payload that are read, in bytes. */
const limits = { manifest: 2 ** 20, line: 2 ** 26, payload: 2 ** 28 } as const

/**
 * Opens the bundle in a folder. Nothing outside the folder is read, whatever paths, links and pipes are in it. Throws
 * `TRACE_UNREADABLE` for files that cannot be read or lie outside, `TRACE_INVALID` for a manifest that is none.
 */
export function openTraceBundle(directory: string): TraceBundle {
  const root = realPath(directory, directory)
  const manifestText = readText(fileInside(root, 'manifest.json'), limits.manifest)
  const manifest = parseTraceManifest(jsonOf(manifestText, 'manifest.json'))
  return {
    manifest,
    payloads: {
      has: (reference) => isThere(root, reference),
      read: (reference) => {
        const { raw_payload_id: id, path } = reference
        return jsonOf(readText(fileInside(root, path), limits.payload), `payload ${id}`)
      },
    },
    events: () => readEvents(fileInside(root, manifest.raw_event_log)),
  }
}

function isThere(root: string, { path }: PayloadReference): boolean {
  try {
    fileInside(root, path)
    return true
  } catch (error) {
    if (error instanceof CodecellError && isMissing(error.cause)) return false
    throw error
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}

/** The real path of a file of the bundle. A pipe or device would make us wait for ever, so only regular files are taken. */
function fileInside(root: string, path: string): string {
  const isPlain = path !== '' && !isAbsolute(path) && !/[\\\0]/.test(path) && !path.split('/').includes('..')
  if (!isPlain) throw unreadable(path, 'it is no path inside the bundle')
  const file = realPath(join(root, path), path)
  if (!file.startsWith(root.endsWith(sep) ? root : root + sep)) throw unreadable(path, 'it leads out of the bundle')
  if (!statSync(file).isFile()) throw unreadable(path, 'it is no regular file')
  return file
}

function realPath(path: string, shown: string): string {
  try {
    return realpathSync(path)
  } catch (cause) {
    throw unreadable(shown, messageOf(cause), cause)
  }
}

function readText(file: string, limit: number): string {
  const { size } = statSync(file)
  if (size > limit) throw unreadable(file, `it has ${size} bytes, more than ${limit}`)
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw unreadable(file, messageOf(cause), cause)
  }
}

/** Deeper than any request; what handles values calls itself once for each level. */
const deepest = 500

function jsonOf(text: string, what: string): unknown {
  if (jsonDepth(text, deepest) > deepest) {
    throw new CodecellError('TRACE_INVALID', `${what} is nested deeper than ${deepest}`)
  }
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new CodecellError('TRACE_INVALID', `${what} is no JSON`, { cause })
  }
}

function* readEvents(file: string): Generator<RawEvent> {
  let number = 0
  for (const { text, isWhole } of readLines(file)) {
    number++
    if (text.trim() === '') continue
    if (isWhole) yield parseRawEvent(text, number)
    else yield* parseCutLine(text, number)
  }
}

/** A recorder that dies while it writes leaves part of a line without an end: the log is what stands before it. */
function* parseCutLine(text: string, number: number): Generator<RawEvent> {
  try {
    JSON.parse(text)
  } catch {
    return
  }
  yield parseRawEvent(text, number)
}

type Line = { readonly text: string; readonly isWhole: boolean }

const newLine = 0x0a

function* readLines(file: string): Generator<Line> {
  const descriptor = openSync(file, 'r')
  try {
    const buffer = Buffer.alloc(2 ** 18)
    let parts: Buffer[] = []
    let length = 0
    for (let count = readSync(descriptor, buffer); count > 0; count = readSync(descriptor, buffer)) {
      let start = 0
      for (let end = buffer.indexOf(newLine); end >= 0 && end < count; end = buffer.indexOf(newLine, start)) {
        yield { text: Buffer.concat([...parts, buffer.subarray(start, end)]).toString('utf8'), isWhole: true }
        parts = []
        length = 0
        start = end + 1
      }
      parts.push(Buffer.from(buffer.subarray(start, count)))
      length += count - start
      if (length > limits.line) throw unreadable(file, `a line is longer than ${limits.line} bytes`)
    }
    if (length > 0) yield { text: Buffer.concat(parts).toString('utf8'), isWhole: false }
  } finally {
    closeSync(descriptor)
  }
}

function unreadable(path: string, reason: string, cause?: unknown): CodecellError {
  const options = cause === undefined ? undefined : { cause }
  return new CodecellError('TRACE_UNREADABLE', `Cannot read ${JSON.stringify(path.slice(0, 200))}: ${reason}`, options)
}
