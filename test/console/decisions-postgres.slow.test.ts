import { describe } from 'vitest'
import { skippedWithoutPostgres } from '../support/postgres/shared-server.ts'
import { describeDecisions } from './decision-behaviors.ts'

describe.skipIf(skippedWithoutPostgres() !== null)('the calls of a session in PostgreSQL', () =>
  describeDecisions('in PostgreSQL'),
)
