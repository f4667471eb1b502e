import { describe } from 'vitest'
import { testBombs } from './test-bombs.ts'

/** Bombs whose code runs differently without the compilers of V8. */
const compiled = new Set([
  'loops',
  'catches the end of its loop',
  'matches a regular expression that backtracks',
  'loops in a comparator',
  'loops over eval',
  'loops over a generator',
  'loops over a fast fill',
  'fills a huge array',
  'visits the holes of an array',
  'generates code',
  'recurses',
])

describe('bombs on default hosts', () => testBombs('default'))

describe('bombs on strict hosts', () => testBombs('strict', ([name]) => compiled.has(name)))
