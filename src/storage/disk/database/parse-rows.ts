import type { StartCommand } from '../../../protocol/command.ts'
import { isOutcomeLimitName, type OutcomeLimitName } from '../../../protocol/cell-limits.ts'
import type { ContentItem } from '../../../protocol/content-item.ts'
import { isRecord } from '../../../protocol/json.ts'
import { parseRemarks } from '../../../protocol/remark.ts'
import { parseStartCommand } from '../../../protocol/parse-command.ts'
import { parseContentItems } from '../../content-items.ts'
import type { CellEnd, RetainedEntry, StoredCell } from '../../session-store.ts'
import { Row } from './row-reader.ts'
import { sessionInvalid } from '../common/storage-error.ts'

/** The row of a cell that is not closed. */
export type StoredCellRow = Pick<StoredCell, 'cellId' | 'execCallId' | 'source' | 'start' | 'catalogue'> & {
  /** Null: it is running. */
  readonly end: CellEnd | null
  readonly valuesVersion: number
  readonly delivered: number
  readonly notified: number
}

/**
 * Parses a row of the table of cells.
 *
 * @throws {CodecellError} `SESSION_INVALID`
 */
export function parseStoredCell(value: unknown, path: string): StoredCellRow {
  const row = new Row(value, path)
  const source = row.text('source')
  return {
    cellId: String(row.integer('cell')),
    execCallId: row.optionalText('exec_call_id'),
    source,
    start: startOf(row.json('start'), source, path),
    catalogue: row.text('catalogue_json'),
    end: endOf(row, path),
    valuesVersion: row.integer('values_version'),
    delivered: row.integer('delivered'),
    notified: row.integer('notified'),
  }
}

function endOf(row: Row, path: string): CellEnd | null {
  if (row.oneOf('state', ['running', 'finished']) === 'running') return null
  const output = row.json('items')
  const { items, remarks } = isRecord(output) ? output : { items: output, remarks: [] }
  return {
    isTerminated: row.optionalText('ending') === 'terminated',
    errorText: row.optionalText('error_text'),
    limit: limitOf(row.optionalText('limit_name'), path),
    remarks: parseRemarks(remarks),
    items: itemsOf(items, path),
  }
}

function limitOf(value: string | null, path: string): OutcomeLimitName | null {
  if (value === null || isOutcomeLimitName(value)) return value
  throw sessionInvalid(path, 'it does not say which limit ended a cell')
}

/** Parses a start command as a host does. */
function startOf(value: unknown, body: string, path: string): StartCommand {
  try {
    if (!isRecord(value)) throw new TypeError('no object')
    return parseStartCommand({ ...value, type: 'start', body })
  } catch (cause) {
    throw sessionInvalid(path, 'the start command of a cell is malformed', cause)
  }
}

/**
 * Parses content items from JSON.
 *
 * @throws {CodecellError} `SESSION_INVALID`
 */
export function itemsOf(value: unknown, path: string): readonly ContentItem[] {
  const items = parseContentItems(value)
  if (items === null) throw sessionInvalid(path, 'the output of a cell is malformed')
  return items
}

/**
 * Parses a row of retained output.
 *
 * @throws {CodecellError} `SESSION_INVALID`
 */
export function parseRetainedEntry(value: unknown, path: string): readonly [cellId: string, entry: RetainedEntry] {
  const row = new Row(value, path)
  const entry = row.json('entry')
  if (!isRecord(entry)) throw sessionInvalid(path, 'a retained output is malformed')
  const { text, bytes, isWhole, isCut, isOver } = entry
  const isGood =
    typeof text === 'string' &&
    typeof bytes === 'number' &&
    typeof isWhole === 'boolean' &&
    typeof isCut === 'boolean' &&
    typeof isOver === 'boolean'
  if (!isGood) throw sessionInvalid(path, 'a retained output is malformed')
  return [String(row.integer('cell')), { text, bytes, isWhole, isCut, isOver }]
}
