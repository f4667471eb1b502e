import { describe } from 'vitest'
import { contentBehaviors } from './content-behaviors.ts'
import { dueBehaviors } from './due-behaviors.ts'
import { newSqliteEngine } from './engine.ts'
import { fleetBehaviors } from './fleet-behaviors.ts'

describe('content on SQLite', () => contentBehaviors(newSqliteEngine))
describe('fleet reports on SQLite', () => fleetBehaviors(newSqliteEngine))
describe('due sessions on SQLite', () => dueBehaviors(newSqliteEngine))
