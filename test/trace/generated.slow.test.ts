import { test } from 'vitest'
import { properties } from './generated-properties.ts'

test.each(properties)('%s', (_, check) => check(300))
