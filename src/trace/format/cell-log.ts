import { CodecellError } from '../../errors.ts'
import type { SourceLocation } from '../../events/session-event.ts'
import type { JournaledCommand, StartCommand } from '../../protocol/command.ts'
import type { CellEvent } from '../../protocol/event.ts'
import { parseEnginePrint, type EnginePrint } from '../../protocol/engine-print.ts'
import { parseJournaledCommand, parseStartCommand } from '../../protocol/parse-command.ts'
import { parseCellEvent } from '../../protocol/parse-event.ts'
import { FieldReader } from './field-reader.ts'

/** The first line of a cell log: the identity of the cell and its input. Times are milliseconds since 1970. */
export type CellLogHead = {
  readonly type: 'cell'
  readonly format: 1
  readonly at: number
  readonly thread_id: string
  readonly cell_id: string
  /** The model's id of the `exec` call. */
  readonly call_id: string
  /** The file with `ALL_TOOLS` in JSON. */
  readonly catalogue: string
  /** The program as the model wrote it, without its first line of options. */
  readonly source: string
}

/** A line of a cell log, in order: inputs (`run`, `command`, `output`), events, and what happened around the cell. */
export type CellLogLine =
  /** The program starts; `stored_values` names a file with JSON for each key. */
  | {
      readonly type: 'run'
      readonly at: number
      readonly start: StartCommand
      readonly stored_values: readonly (readonly [key: string, path: string])[]
    }
  | {
      readonly type: 'event'
      readonly at: number
      readonly event: CellEvent
      readonly place: SourceLocation | null
      /** The engine of the host, in the event `started`; missing in older logs. */
      readonly engine?: EnginePrint
    }
  | { readonly type: 'command'; readonly at: number; readonly command: JournaledCommand }
  /** The cell read the retained output of a cell. */
  | { readonly type: 'output'; readonly at: number; readonly output: number; readonly body: string | null }
  /** The cell released its isolate. */
  | { readonly type: 'evicted'; readonly at: number }
  | { readonly type: 'revived'; readonly at: number; readonly reason: string }
  /** `allowed` is null for a pending approval. */
  | {
      readonly type: 'approval'
      readonly at: number
      readonly call: string
      readonly allowed: boolean | null
      readonly reason: string | null
      /** The decision and the approver; null for a pending approval, and in older logs. */
      readonly decision: string | null
      /** The number of calls that `allow_in_cell` approved. */
      readonly calls: number | null
      readonly by: string | null
    }
  | { readonly type: 'notified'; readonly at: number; readonly text: string; readonly result: string }
  /** A response was delivered, with the status of the cell. */
  | {
      readonly type: 'answered'
      readonly at: number
      readonly status: string
      /** Remarks about lost work of the program. */
      readonly remarks?: readonly string[]
      /** Present in the last response of a cell that the close of its session terminated. */
      readonly by?: 'session'
    }
  /** No further line follows. */
  | { readonly type: 'closed'; readonly at: number }

/** The format version that is written and read. */
const cellLogFormat = 1

/** Parses the first line of a cell log. Throws `TRACE_INVALID`. */
export function parseCellLogHead(value: unknown): CellLogHead {
  const read = new FieldReader(value, 'the first line of the cell log')
  const format = read.integer('format')
  if (read.string('type') !== 'cell' || format !== cellLogFormat) {
    throw invalid(`expected a cell log of format ${cellLogFormat}, got ${format}`)
  }
  return {
    type: 'cell',
    format: cellLogFormat,
    at: read.integer('at'),
    thread_id: read.string('thread_id'),
    cell_id: read.string('cell_id'),
    call_id: read.string('call_id'),
    catalogue: read.string('catalogue'),
    source: read.string('source'),
  }
}

/** Parses another line of a cell log. Throws `TRACE_INVALID`. */
export function parseCellLogLine(value: unknown): CellLogLine {
  const read = new FieldReader(value, 'a line of the cell log')
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
      return {
        type,
        at,
        event: parseCellEvent(read.value('event')),
        place: locationOf(read),
        ...engineOf(read.value('engine')),
      }
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
      return { type, at, status: read.string('status'), ...remarksOf(read.value('remarks')), ...byOf(read.value('by')) }
    case 'evicted':
    case 'closed':
      return { type, at }
    default:
      throw invalid(`a cell log has a line of the unknown type ${JSON.stringify(type.slice(0, 80))}`)
  }
}

function storedValuesOf(value: unknown): readonly (readonly [string, string])[] {
  if (!Array.isArray(value)) throw invalid('"stored_values" of a cell log is not an array')
  return value.map((entry: unknown) => {
    const [key, path]: unknown[] = Array.isArray(entry) ? entry : []
    if (typeof key !== 'string' || typeof path !== 'string')
      throw invalid('"stored_values" of a cell log has a malformed entry')
    return [key, path]
  })
}

function locationOf(read: FieldReader): SourceLocation | null {
  if (read.value('place') === undefined || read.value('place') === null) return null
  const place = read.object('place')
  return { line: place.integer('line'), column: place.integer('column') }
}

function engineOf(value: unknown): { readonly engine?: EnginePrint } {
  const engine = parseEnginePrint(value)
  return engine === null ? {} : { engine }
}

function remarksOf(value: unknown): { readonly remarks?: readonly string[] } {
  return Array.isArray(value) ? { remarks: value.filter((text) => typeof text === 'string') } : {}
}

function byOf(value: unknown): { readonly by?: 'session' } {
  return value === 'session' ? { by: value } : {}
}

function invalid(message: string): CodecellError {
  return new CodecellError('TRACE_INVALID', message)
}
