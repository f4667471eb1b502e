import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { readSession, type SessionReport } from '../../src/index.ts'
import { postgresStore, sqliteStore, type SharedStore } from '../../src/store.ts'
import { newFolder } from '../support/folder.ts'
import { newSchema, runSql } from '../support/postgres/shared-server.ts'

/** A session "kept" in a folder or a shared store, which agents open one after the other. */
export type StoredSession = {
  /** The folder, or the URL of the store as the command line takes it. */
  readonly location: string
  readonly read: () => Promise<SessionReport>
  /** Ends the leases of the processes that are gone, or stopped, as if their time was over. */
  readonly endLeases: () => Promise<void>
}

export async function newStoredInFolder(): Promise<StoredSession> {
  return storedIn(newFolder())
}

/** The session "kept" of a folder. */
export function storedIn(location: string): StoredSession {
  return {
    location,
    read: async () => readSession({ storage: location, sessionId: 'kept' }),
    endLeases: async () => undefined,
  }
}

export async function newStoredInSqlite(): Promise<StoredSession> {
  const path = join(newFolder(), 'store.db')
  return {
    location: `sqlite:${path}`,
    read: reader(sqliteStore(path)),
    endLeases: async () => {
      using database = new DatabaseSync(path, { timeout: 10_000 })
      database.exec('UPDATE nodes SET lease_until = 0')
    },
  }
}

export async function newStoredInPostgres(): Promise<StoredSession> {
  const { url, schema } = await newSchema()
  return {
    location: url,
    read: reader(postgresStore(url)),
    endLeases: () => runSql(url, `UPDATE ${schema}.nodes SET lease_until = 0`),
  }
}

function reader(store: SharedStore): () => Promise<SessionReport> {
  onTestFinished(() => store[Symbol.asyncDispose]())
  return async () => await readSession({ store, sessionId: 'kept' })
}
