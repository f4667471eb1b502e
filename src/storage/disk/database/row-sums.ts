import type { DatabaseSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import { sessionInvalid } from '../common/storage-error.ts'

/** The columns that the checksum of a row covers, by table; the columns up to `key` identify a row. */
const tables: Readonly<Record<string, { readonly key: readonly string[]; readonly columns: readonly string[] }>> = {
  cells: {
    key: ['cell'],
    columns: [
      'exec_call_id',
      'request_id',
      'source',
      'start',
      'catalogue',
      'values_version',
      'state',
      'ending',
      'error_text',
      'limit_name',
      'items',
      'delivered',
      'notified',
      'started_at',
      'ended_at',
    ],
  },
  catalogues: { key: ['hash'], columns: ['json'] },
  stored_values: { key: ['key', 'version'], columns: ['json'] },
  calls: {
    key: ['cell', 'call'],
    columns: [
      'key',
      'identifier',
      'input',
      'input_hash',
      'line',
      'column',
      'read_only',
      'state',
      'epoch',
      'started_at',
      'ended_at',
      'note',
    ],
  },
  answers: { key: ['request_id', 'cell'], columns: ['outcome', 'at'] },
  kept_outputs: { key: ['cell'], columns: ['position', 'entry'] },
  approvals: {
    key: ['cell', 'call'],
    columns: ['key', 'identifier', 'input_hash', 'state', 'reason', 'asked_at', 'decided_at', 'tool_digest', 'input'],
  },
  grants: { key: ['cell', 'identifier'], columns: ['calls_left', 'tool_digest'] },
  reverts: { key: ['cell', 'call'], columns: ['input', 'result', 'state', 'at', 'note'] },
}

/** The tables of later formats. */
const deferrals: typeof tables = {
  deferrals: {
    key: ['cell', 'call'],
    columns: ['note', 'expires_at', 'at', 'result_id', 'result_type', 'result', 'result_at'],
  },
}
const decisions: typeof tables = {
  decisions: { key: ['cell', 'call'], columns: ['type', 'calls', 'request_id', 'decided_by'] },
}

const moves: typeof tables = { moves: { key: ['lineage'], columns: ['move', 'count', 'state', 'other'] } }

const engine: typeof tables = { engine: { key: ['id'], columns: ['name'] } }

/** Returns SQL that adds a checksum to the rows of the first tables. It requires `defineRowSum`. */
export function rowSumSchema(): string {
  return sumSchemaOf(tables)
}

/** Returns SQL that adds a checksum to the rows of `deferrals`. */
export function deferralSumSchema(): string {
  return sumSchemaOf(deferrals)
}

/** Returns SQL that adds a checksum to the rows of `moves`. */
export function moveSumSchema(): string {
  return sumSchemaOf(moves)
}

/** Returns SQL that adds a checksum to the rows of `decisions`. */
export function decisionSumSchema(): string {
  return sumSchemaOf(decisions)
}

/** Returns SQL that adds a checksum to the row of `engine`. */
export function engineSumSchema(): string {
  return sumSchemaOf(engine)
}

/** Returns SQL that adds a checksum to every row of some tables, and updates it on every write. */
function sumSchemaOf(summed: typeof tables): string {
  return Object.entries(summed)
    .map(([table, { key, columns }]) => {
      const isRow = key.map((name) => `"${name}" = NEW."${name}"`).join(' AND ')
      const sum = `UPDATE ${table} SET sum = ${sumOf(key, columns)}`
      return `
  ALTER TABLE ${table} ADD COLUMN sum INTEGER;
  ${sum};
  CREATE TRIGGER ${table}_inserted AFTER INSERT ON ${table} BEGIN ${sum} WHERE ${isRow}; END;
  CREATE TRIGGER ${table}_updated AFTER UPDATE OF ${quoted([...key, ...columns])} ON ${table} BEGIN ${sum} WHERE ${isRow}; END;`
    })
    .join('\n')
}

/** Defines the function that the triggers of `rowSumSchema` call. */
export function defineRowSum(database: DatabaseSync): void {
  database.function('row_sum', { varargs: true, deterministic: true }, (...values) => crc32(JSON.stringify(values)))
}

/** Throws `SESSION_INVALID` naming the first row whose content does not match its checksum. */
export function checkRows(path: string, database: DatabaseSync): void {
  const isThere = database.prepare(`SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'engine'`).get()
  const all = { ...tables, ...deferrals, ...moves, ...decisions, ...(isThere === undefined ? {} : engine) }
  for (const [table, { key, columns }] of Object.entries(all)) {
    const row = database
      .prepare(`SELECT ${quoted(key)} FROM ${table} WHERE sum IS NOT ${sumOf(key, columns)} LIMIT 1`)
      .get()
    if (row === undefined) continue
    const name = key.map((column) => `${column} ${JSON.stringify(row[column])}`).join(', ')
    throw sessionInvalid(
      path,
      `a row of "${table}" (${name}) is corrupt: its content does not match its checksum; restore the folder from a backup`,
    )
  }
}

function sumOf(key: readonly string[], columns: readonly string[]): string {
  return `row_sum(${quoted([...key, ...columns])})`
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ')
}
