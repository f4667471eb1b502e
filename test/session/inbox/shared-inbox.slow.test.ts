import { describe } from 'vitest'
import { skippedWithoutPostgres } from '../../support/postgres/shared-server.ts'
import { describeDecisions } from './decision-behaviors.ts'
import { newPostgresPlace, storedPlaces } from './stored-places.ts'
import { describeTerminations } from './termination-behaviors.ts'

describe('the decision of another process, in a store in SQLite,', () =>
  describeDecisions(storedPlaces['a shared store']))

describe('the termination by another process, in a store in SQLite,', () =>
  describeTerminations(storedPlaces['a shared store']))

describe.skipIf(skippedWithoutPostgres() !== null)('the decision of another process, in a store in PostgreSQL,', () =>
  describeDecisions(newPostgresPlace),
)

describe.skipIf(skippedWithoutPostgres() !== null)(
  'the termination by another process, in a store in PostgreSQL,',
  () => describeTerminations(newPostgresPlace),
)
