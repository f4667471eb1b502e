import { describe } from 'vitest'
import { describeDurableSession } from './durable-behaviors.ts'
import { describeLostSession, storeLosses } from './ownership-behaviors.ts'
import { newStoredInSqlite } from './stored-session.ts'

describe('a session in a shared store in SQLite', () => {
  describeDurableSession(newStoredInSqlite)
  describeLostSession(newStoredInSqlite, storeLosses)
})
