import { test } from 'vitest'
import { properties } from './generated-properties.ts'

test.each(properties)('it holds for any trace that %s', (_, check) => check(20))
