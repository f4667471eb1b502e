import { CodecellError } from '../../errors.ts'
import { checkSize, fileInside, fileSize, jsonOf, limits, readLines, readText, realPath } from './bundle-files.ts'
import type { CellRecordHead, CellRecordLine } from '../format/cell-log.ts'
import { findCellRecords, readCellRecord } from './read-cell-logs.ts'
import { parseRawEvent, parseTraceManifest } from '../format/parse-raw-event.ts'
import type { PayloadReference, RawEvent, TraceManifest } from '../format/raw-event.ts'
import type { TracePayloads } from '../reducer/reducer-state.ts'

/** A bundle on disk, ready for `reduceTrace(bundle.manifest, bundle.events(), bundle.payloads)`. */
export type TraceBundle = {
  readonly manifest: TraceManifest
  readonly payloads: TracePayloads
  /** Reads the log from its beginning, line by line; only one line is held at a time. */
  readonly events: () => Iterable<RawEvent>
  /** The cells whose journals are in the bundle: none in those of other recorders. Looks at the first line of each. */
  readonly cellRecords: () => Iterable<FoundCellRecord>
  /** Reads what was recorded of a cell after the first line. */
  readonly readCellRecord: (path: string) => Iterable<CellRecordLine>
  /** The text of a file that a record names. */
  readonly readText: (path: string) => string
  /** The size of a file of the bundle, in bytes. */
  readonly size: (path: string) => number
}

/** The beginning of a cell's record, and where in the bundle it is. */
export type FoundCellRecord = { readonly path: string; readonly head: CellRecordHead }

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
    cellRecords: () => findCellRecords(root),
    readCellRecord: (path) => readCellRecord(root, path),
    readText: (path) => readText(fileInside(root, path), limits.payload),
    size: (path) => fileSize(fileInside(root, path)),
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

/** Blank lines take time and say nothing: a log of nothing else would keep its reader busy for hours. */
const mostBlankLines = 1_000_000

function* readEvents(file: string): Generator<RawEvent> {
  let number = 0
  let blank = 0
  for (const { text, isWhole } of readLines(file)) {
    number++
    if (text.trim() === '') {
      if (++blank > mostBlankLines) throw new CodecellError('TRACE_INVALID', `more than ${mostBlankLines} blank lines`)
      continue
    }
    checkSize(text, `trace event line ${number}`)
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
