import { logInvalid } from '../log-errors.ts'
import type { LogDatabase, StoredSnapshot, Tail } from '../log-database.ts'
import { parseBody, RowChain } from '../log-rows.ts'
import type { LogRecord, SessionName } from '../session-logs.ts'

/** Bytes of rows that are read at once. */
const pageBytes = 1024 * 1024

/** Returns the records of a log up to `tail`, in order. Each iteration reads them again. */
export function readRecords(database: LogDatabase, name: SessionName, tail: Tail): AsyncIterable<readonly LogRecord[]> {
  return { [Symbol.asyncIterator]: () => recordsOf(database, name, tail) }
}

async function* recordsOf(
  database: LogDatabase,
  name: SessionName,
  { seq, snapshot }: Tail,
): AsyncGenerator<readonly LogRecord[]> {
  if (snapshot !== null) yield* snapshotRecords(database, name, snapshot)
  const chain = new RowChain(name, snapshot)
  for (let after = snapshot?.seq ?? 0; after < seq;) {
    const rows = await database.rows(name, { after, last: seq, maxBytes: pageBytes })
    for (const row of rows) yield chain.next(row)
    const last = rows.at(-1)
    if (last === undefined) break
    after = last.seq
  }
  chain.finish(seq)
}

async function* snapshotRecords(
  database: LogDatabase,
  name: SessionName,
  snapshot: StoredSnapshot,
): AsyncGenerator<readonly LogRecord[]> {
  for (let part = 0; part < snapshot.parts; part++) {
    const body = await database.snapshotPart(name, snapshot, part)
    if (body === null)
      throw logInvalid(name, `part ${part} of its snapshot is missing; restore the store from a backup`)
    yield parseBody(name, body, `part ${part} of its snapshot`)
  }
}
