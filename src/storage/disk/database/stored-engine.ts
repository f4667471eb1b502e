import type { SessionDatabase } from './database.ts'
import { Row } from './row-reader.ts'

/**
 * Returns the engine of the cells on record; null for none.
 *
 * @throws {CodecellError} `SESSION_INVALID`
 */
export function storedEngine(database: SessionDatabase): string | null {
  const found = database.hasTable('engine') ? database.one('SELECT name FROM engine') : undefined
  return found === undefined ? null : new Row(found, database.path).text('name')
}

/** @throws {CodecellError} `STORAGE_FAILED`, `SESSION_LOST` */
export function storeEngine(database: SessionDatabase, name: string): void {
  database.writeLastFormat(() => database.run('INSERT OR REPLACE INTO engine (id, name) VALUES (1, ?)', name))
}
