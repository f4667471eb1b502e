import { CodecellError } from '../../errors.ts'
import { checkSize, fileInside, fileSize, jsonOf, limits, readLines, readText, realPath } from './bundle-files.ts'
import type { CellLogHead, CellLogLine } from '../format/cell-log.ts'
import { findCellRecords, readCellLog } from './read-cell-logs.ts'
import { openPayloads } from './bundle-payloads.ts'
import { parseRawEvent, parseTraceManifest } from '../format/parse-raw-event.ts'
import type { PayloadReference, RawEvent, TraceManifest } from '../format/raw-event.ts'
import type { TracePayloads } from '../reducer/reducer-state.ts'

/** A bundle on disk, e.g. for `reduceTrace(bundle.manifest, bundle.events(), bundle.payloads)`. */
export type TraceBundle = {
  readonly manifest: TraceManifest
  readonly payloads: TracePayloads
  /** Reads the log from its beginning, with one line in memory. */
  readonly events: () => Iterable<RawEvent>
  /** Lists the cell logs; bundles of other recorders have none. Reads the first line of each. */
  readonly cellLogs: () => Iterable<FoundCellLog>
  /** Reads a cell log after its first line. */
  readonly readCellLog: (path: string) => Iterable<CellLogLine>
  /** Returns the text of a file that a cell log refers to. */
  readonly readText: (path: string) => string
  /** Returns the size of a payload, in bytes. */
  readonly payloadSize: (reference: PayloadReference) => number
  /** Returns the size of a file of the bundle, in bytes. */
  readonly size: (path: string) => number
}

/** The first line of a cell log, and its path in the bundle. */
export type FoundCellLog = { readonly path: string; readonly head: CellLogHead }

/**
 * Opens the bundle in a folder. No file outside the folder is read, whatever paths, links and pipes the bundle has.
 *
 * @throws {CodecellError} `TRACE_UNREADABLE` for files that cannot be read or are outside, `TRACE_INVALID` for a malformed manifest
 * @example
 * ```ts
 * const { manifest, events } = openTraceBundle(directory)
 * for (const event of events()) console.log(event.seq)
 * ```
 */
export function openTraceBundle(directory: string): TraceBundle {
  const root = realPath(directory, directory)
  const manifestText = readText(fileInside(root, 'manifest.json'), limits.manifest)
  const manifest = parseTraceManifest(jsonOf(manifestText, 'manifest.json'))
  const { has, read, size } = openPayloads(root, manifest.raw_event_log)
  return {
    manifest,
    payloads: { has, read },
    events: () => readEvents(fileInside(root, manifest.raw_event_log)),
    cellLogs: () => findCellRecords(root),
    readCellLog: (path) => readCellLog(root, path),
    readText: (path) => readText(fileInside(root, path), limits.payload),
    payloadSize: size,
    size: (path) => fileSize(fileInside(root, path)),
  }
}

/** A log of blank lines only would keep its reader busy for hours. */
const maxBlankLines = 1_000_000

function* readEvents(file: string): Generator<RawEvent> {
  let number = 0
  let blank = 0
  for (const { text, isWhole } of readLines(file)) {
    number++
    if (text.trim() === '') {
      if (++blank > maxBlankLines) throw new CodecellError('TRACE_INVALID', `more than ${maxBlankLines} blank lines`)
      continue
    }
    checkSize(text, `trace event line ${number}`)
    if (isWhole) yield parseRawEvent(text, number)
    else yield* parseCutLine(text, number)
  }
}

/** A recorder that was killed while it wrote leaves a last line without an end, which is ignored. */
function* parseCutLine(text: string, number: number): Generator<RawEvent> {
  try {
    JSON.parse(text)
  } catch {
    return
  }
  yield parseRawEvent(text, number)
}
