import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { classesOf, differenceClasses } from './difference-classes.ts'
import type { PlayedCell } from './play-cell.ts'

const page = readFileSync(new URL('../../../docs/compatibility.md', import.meta.url), 'utf8')

test.each(differenceClasses.map(({ id }) => id))('the class %s is the id of one row of the page', (id) => {
  expect(page.match(new RegExp(`^\\| \`${id}\` \\|`, 'gm'))).toHaveLength(1)
})

test('every id of a row is used once', () => {
  const ids = [...page.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, id]) => id)
  expect(ids.length).toBeGreaterThan(40)
  expect(new Set(ids).size).toBe(ids.length)
})

function failed(error: string): PlayedCell {
  return { responses: [{ outcome: 'result', cell: '1', items: [], error }], calls: [], notifications: [] }
}

test.each([
  ['syntax-error-location', 'return 5', 'SyntaxError: a', 'SyntaxError: a\n    at exec_main.mjs:1:1'],
  [
    'frames',
    'as_settled(7)',
    'TypeError: a\n    at as_settled (<anonymous>:25:27)\n    at m:1:1',
    'TypeError: a\n    at m:1:1',
  ],
  [
    'source-imports',
    'import source x from "y"',
    "SyntaxError: Unexpected identifier 'x'",
    'Unsupported import in exec: y',
  ],
  [
    'frames,engine',
    'Math.sumPrecise(5)',
    'TypeError: 5 is not iterable\n    at Math.sumPrecise (<anonymous>)',
    'TypeError: items is not iterable',
  ],
  [null, 'text(1)', 'SyntaxError: a', 'SyntaxError: b\n    at exec_main.mjs:1:1'],
  [null, 'text(1)', 'a', 'b'],
])('classesOf() returns %s for %j', (ids, source, theirs, ours) => {
  const found = classesOf({ statements: [source], maxTokens: null }, failed(theirs), failed(ours))
  expect(found?.join() ?? null).toBe(ids)
})
