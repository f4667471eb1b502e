import { describe } from 'vitest'
import { testBombs } from './test-bombs.ts'

describe('bombs on strict hosts', () => testBombs({ profile: 'strict' }))
