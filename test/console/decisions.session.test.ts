import { describe } from 'vitest'
import { describeDecisions } from './decision-behaviors.ts'

describe.each(['in a folder', 'in SQLite', 'in memory'] as const)('the calls of a session %s', (name) =>
  describeDecisions(name),
)
