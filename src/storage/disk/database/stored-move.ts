import { dirname } from 'node:path'
import { moveStates, type SessionMove } from '../../session-move.ts'
import { Row } from './row-reader.ts'

type MoveReader = { readonly get: (sql: string) => unknown }

/**
 * Returns the last move of the session of a database; null when it was never moved.
 *
 * @throws {CodecellError} `SESSION_INVALID`
 */
export function storedMove(path: string, { get }: MoveReader): SessionMove | null {
  const found = get('SELECT lineage, move, count, state, other FROM moves')
  if (found === undefined) return null
  const row = new Row(found, path)
  return {
    lineage: row.text('lineage'),
    move: row.text('move'),
    count: row.integer('count'),
    state: row.oneOf('state', moveStates),
    other: row.text('other'),
  }
}

/** Returns the session of a database in words. */
export function folderText(path: string): string {
  return `the session in "${dirname(path)}"`
}
