import { describe } from 'vitest'
import { skippedWithoutPostgres } from '../support/postgres/shared-server.ts'
import { describeDurableSession } from './durable-behaviors.ts'
import { describeLostSession, storeLosses } from './ownership-behaviors.ts'
import { newStoredInPostgres, newStoredInSqlite } from './stored-session.ts'

describe('a session in a shared store in SQLite', () => {
  describeDurableSession(newStoredInSqlite)
  describeLostSession(newStoredInSqlite, storeLosses)
})

describe.skipIf(skippedWithoutPostgres() !== null)('a session in a shared store in PostgreSQL', () => {
  describeDurableSession(newStoredInPostgres)
  describeLostSession(newStoredInPostgres, storeLosses)
})
