import { describe } from 'vitest'
import { newSqliteEngine } from './engine.ts'
import { ownershipBehaviors } from './ownership-behaviors.ts'

describe('ownership on SQLite', () => ownershipBehaviors(newSqliteEngine))
