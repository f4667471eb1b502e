import { CodecellError } from '../../errors.ts'
import type { SourceLocation } from '../../events/session-event.ts'
import type { JournaledCommand, StartCommand } from '../../protocol/command.ts'
import type { CellEvent } from '../../protocol/event.ts'
import { parseJournaledCommand, parseStartCommand } from '../../protocol/parse-command.ts'
import { parseCellEvent } from '../../protocol/parse-event.ts'
import { FieldReader } from './field-reader.ts'

/** The first line of a cell's record: which cell it is, and what it was given. Times are milliseconds since 1970. */
export type CellRecordHead = {
  readonly type: 'cell'
  readonly format: 1
  readonly at: number
  readonly thread_id: string
  readonly cell_id: string
  /** The model's id of the call of `exec`. */
  readonly call_id: string
  /** The file with the JSON text of `ALL_TOOLS`. */
  readonly catalogue: string
  /** The program as the model wrote it, without its first line of options. */
  readonly source: string
}

/** A line of a cell's record, in the order in which things happened: what went in (`run`, `command`, `output`) and what came out. */
export type CellRecordLine =
  /** The program begins to run; `stored_values` has a file with JSON text for each key. */
  | {
      readonly type: 'run'
      readonly at: number
      readonly start: StartCommand
      readonly stored_values: readonly (readonly [key: string, path: string])[]
    }
  | { readonly type: 'event'; readonly at: number; readonly event: CellEvent; readonly place: SourceLocation | null }
  | { readonly type: 'command'; readonly at: number; readonly command: JournaledCommand }
  /** The cell read the kept output of a cell. */
  | { readonly type: 'output'; readonly at: number; readonly output: number; readonly body: string | null }
  /** It waits without an isolate from here on. */
  | { readonly type: 'evicted'; readonly at: number }
  | { readonly type: 'revived'; readonly at: number; readonly reason: string }
  /** `allowed` is null while nobody has decided. */
  | {
      readonly type: 'approval'
      readonly at: number
      readonly call: string
      readonly allowed: boolean | null
      readonly reason: string | null
      /** What was allowed, and by whom; null while nobody has decided, and in older records. */
      readonly decision: string | null
      /** How many calls were allowed with `allow_in_cell`. */
      readonly calls: number | null
      readonly by: string | null
    }
  | { readonly type: 'notified'; readonly at: number; readonly text: string; readonly result: string }
  /** A response was handed over: how the observation ended. */
  | {
      readonly type: 'answered'
      readonly at: number
      readonly status: string
      /** What was said about the work of the program, when there was something to say. */
      readonly remarks?: readonly string[]
    }
  /** Nothing of the cell follows. */
  | { readonly type: 'closed'; readonly at: number }

/** The format that is written, and read. */
const cellRecordFormat = 1

/** Reads the first line of a record. Throws `TRACE_INVALID`. */
export function parseCellRecordHead(value: unknown): CellRecordHead {
  const read = new FieldReader(value, 'the first line of the record')
  const format = read.integer('format')
  if (read.string('type') !== 'cell' || format !== cellRecordFormat) {
    throw invalid(`the record of a cell has format ${format}; ${cellRecordFormat} is known`)
  }
  return {
    type: 'cell',
    format: cellRecordFormat,
    at: read.integer('at'),
    thread_id: read.string('thread_id'),
    cell_id: read.string('cell_id'),
    call_id: read.string('call_id'),
    catalogue: read.string('catalogue'),
    source: read.string('source'),
  }
}

/** Reads one further line of a record. Throws `TRACE_INVALID`. */
export function parseCellRecordLine(value: unknown): CellRecordLine {
  const read = new FieldReader(value, 'a line of the record')
  const at = read.integer('at')
  const type = read.string('type')
  switch (type) {
    case 'run':
      return {
        type,
        at,
        start: parseStartCommand(read.value('start')),
        stored_values: storedValuesOf(read.value('stored_values')),
      }
    case 'event':
      return { type, at, event: parseCellEvent(read.value('event')), place: placeOf(read) }
    case 'command':
      return { type, at, command: parseJournaledCommand(read.value('command')) }
    case 'output':
      return { type, at, output: read.integer('output'), body: read.optionalString('body') }
    case 'revived':
      return { type, at, reason: read.string('reason') }
    case 'approval': {
      const allowed = read.value('allowed')
      const calls = read.value('calls')
      return {
        type,
        at,
        call: read.string('call'),
        allowed: typeof allowed === 'boolean' ? allowed : null,
        reason: read.optionalString('reason'),
        decision: read.optionalString('decision'),
        calls: typeof calls === 'number' ? calls : null,
        by: read.optionalString('by'),
      }
    }
    case 'notified':
      return { type, at, text: read.string('text'), result: read.string('result') }
    case 'answered':
      return { type, at, status: read.string('status'), ...remarksOf(read.value('remarks')) }
    case 'evicted':
    case 'closed':
      return { type, at }
    default:
      throw invalid(`the record of a cell has a line of the unknown type ${JSON.stringify(type.slice(0, 80))}`)
  }
}

function storedValuesOf(value: unknown): readonly (readonly [string, string])[] {
  if (!Array.isArray(value)) throw invalid('"stored_values" of a record is no list')
  return value.map((entry: unknown) => {
    const [key, path]: unknown[] = Array.isArray(entry) ? entry : []
    if (typeof key !== 'string' || typeof path !== 'string')
      throw invalid('"stored_values" of a record has no such entry')
    return [key, path]
  })
}

function placeOf(read: FieldReader): SourceLocation | null {
  if (read.value('place') === undefined || read.value('place') === null) return null
  const place = read.object('place')
  return { line: place.integer('line'), column: place.integer('column') }
}

function remarksOf(value: unknown): { readonly remarks?: readonly string[] } {
  return Array.isArray(value) ? { remarks: value.filter((text) => typeof text === 'string') } : {}
}

function invalid(message: string): CodecellError {
  return new CodecellError('TRACE_INVALID', message)
}
