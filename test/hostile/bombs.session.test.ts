import { describe } from 'vitest'
import { testBombs } from './test-bombs.ts'

describe('bombs on default hosts', () => testBombs({ profile: 'default' }))
