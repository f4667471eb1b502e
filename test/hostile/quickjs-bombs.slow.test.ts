import { describe } from 'vitest'
import { testBombs } from './test-bombs.ts'

describe.each(['default', 'strict'] as const)('bombs on %s hosts with QuickJS', (profile) =>
  testBombs({ profile, engine: 'quickjs' }),
)
