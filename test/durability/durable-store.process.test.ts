import { describe } from 'vitest'
import { describeDurableSession } from './durable-behaviors.ts'
import { newStoredInSqlite } from './stored-session.ts'

// `durable-store.slow.test.ts` runs more of it, and in PostgreSQL.
describe('a session in a shared store in SQLite', () => describeDurableSession(newStoredInSqlite))
