import { describe } from 'vitest'
import { skippedWithoutPostgres } from '../../support/postgres/shared-server.ts'
import { contentBehaviors } from './content-behaviors.ts'
import { dueBehaviors } from './due-behaviors.ts'
import { newPostgresEngine } from './engine.ts'
import { fleetBehaviors } from './fleet-behaviors.ts'
import { ownershipBehaviors } from './ownership-behaviors.ts'

describe.skipIf(skippedWithoutPostgres() !== null)('session logs on PostgreSQL', () => {
  ownershipBehaviors(newPostgresEngine)
  contentBehaviors(newPostgresEngine)
  dueBehaviors(newPostgresEngine)
  fleetBehaviors(newPostgresEngine)
})
