import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { newFolder } from '../../../../test/support/folder.ts'
import { parseCheck } from '../tasks/parse-check.ts'
import { Fields } from '../values/fields.ts'
import { failedChecks } from './run-checks.ts'

/** A folder with files, a database and programs. */
function runFolder(): string {
  const folder = newFolder()
  mkdirSync(join(folder, 'out', 'deep'), { recursive: true })
  writeFileSync(join(folder, 'out', 'a.txt'), 'one\ntwo\n')
  writeFileSync(join(folder, 'out', 'deep', 'b.json'), '{"b": [1, {"c": null}], "a": 2}')
  const database = new DatabaseSync(join(folder, 'x.db'))
  database.exec("CREATE TABLE t (id INTEGER, name TEXT); INSERT INTO t VALUES (1, 'a'), (2, NULL)")
  database.close()
  const program = (name: string, source: string): void => writeFileSync(join(folder, name), source)
  program(
    'passes.mjs',
    'export const check = async ({ answer, calls, folder }) => ({ pass: answer === "x" && calls.length === 3 && folder !== "" })',
  )
  program('fails.mjs', 'export const check = () => ({ pass: false, reason: "because" })')
  program('throws.mjs', 'export const check = () => { throw new Error("broken") }')
  program('returns.mjs', 'export const check = () => true')
  program('empty.mjs', 'export const other = 1')
  return folder
}

const calls = [
  { server: 's', tool: 'put', input: { id: 1, deep: { a: 1, b: 2 } }, succeeded: true },
  { server: 's', tool: 'put', input: { id: 2 }, succeeded: false },
  { server: 's2', tool: 'get', input: {}, succeeded: true },
]

const file = (path: string, members: object): object => ({ type: 'file', path, ...members })
const rows = (sql: string, equals: unknown): object => ({ type: 'rows', database: 'x.db', sql, equals })
const counted = (tool: string, members: object): object => ({ type: 'calls', tool, ...members })
const program = (module: string): object => ({ type: 'program', module })

test.each([
  [file('out/a.txt', { equals: 'one\ntwo' }), null],
  [file('out/a.txt', { equals: 'one' }), 'expected the file out/a.txt with "one", got "one\\ntwo\\n"'],
  [file('out/a.txt', { contains: 'two' }), null],
  [file('out/a.txt', { contains: ['two', 'three'] }), 'to contain "three"'],
  [file('out/a.txt', { matches: '^ONE' }), null],
  [file('out/a.txt', { matches: '^two' }), 'to match ^two'],
  [file('out/a.txt', { exists: true }), null],
  [file('out/a.txt', { exists: false }), 'expected that the file out/a.txt does not exist'],
  [file('out/c.txt', { exists: false }), null],
  [file('out/c.txt', { equals: '' }), 'expected the file out/c.txt, which does not exist'],
  [file('out', { equals: '' }), 'expected the file out, which does not exist'],
  [file('out/deep/b.json', { json: { a: 2, b: [1, { c: null }] } }), null],
  [file('out/deep/b.json', { json: { a: 2, b: [1] } }), 'expected the file out/deep/b.json with {'],
  [file('out/a.txt', { json: null }), 'expected the file out/a.txt with null'],
  [{ type: 'files', path: 'out', names: ['deep/b.json', 'a.txt'] }, null],
  [
    { type: 'files', path: 'out', names: ['a.txt'] },
    'the files in out differ: missing [], not expected ["deep/b.json"]',
  ],
  [{ type: 'files', path: 'no', names: [] }, 'expected the folder no, which does not exist'],
  [
    rows('SELECT id, name FROM t ORDER BY id', [
      [1, 'a'],
      [2, null],
    ]),
    null,
  ],
  [rows('SELECT id FROM t ORDER BY id', [[2], [1]]), 'expected the rows [[2],[1]], got [[1],[2]]'],
  [rows('SELECT id FROM t WHERE id > 5', []), null],
  [rows('SELECT nothing FROM t', []), 'cannot query x.db: '],
  [rows('DELETE FROM t', []), 'cannot query x.db: '],
  [{ type: 'rows', database: 'y.db', sql: 'SELECT 1', equals: [] }, 'expected the database y.db, which does not exist'],
  [counted('s/put', { count: 2 }), null],
  [counted('s/put', { count: 1 }), 'expected 1 calls of s/put, got 2'],
  [counted('s/put', { max: 1 }), 'expected at most 1 calls of s/put, got 2'],
  [counted('s/put', { min: 3 }), 'expected at least 3 calls of s/put, got 2'],
  [counted('s/put', { count: 1, succeeded: true }), null],
  [counted('s/put', { count: 0, succeeded: false }), 'expected 0 failed calls of s/put, got 1'],
  [counted('s/put', { count: 1, where: { deep: { b: 2 } } }), null],
  [counted('s/put', { count: 0, where: { id: 2 } }), 'expected 0 calls of s/put with {"id":2}, got 1'],
  [counted('*/get', { count: 1 }), null],
  [counted('s/*', { count: 2 }), null],
  [counted('s/none', { count: 0 }), null],
  [program('passes.mjs'), null],
  [program('fails.mjs'), 'because'],
  [program('throws.mjs'), 'failed: broken'],
  [program('returns.mjs'), 'returned no object with "pass"'],
  [program('empty.mjs'), 'exports no function "check"'],
  [program('none.mjs'), 'failed: Cannot find module'],
])('the check %j has the reason %j', async (value, reason) => {
  const folder = runFolder()
  const check = parseCheck(new Fields('check', value), folder)
  const reasons = await failedChecks([check], { text: 'ANSWER: x', folder, calls })
  expect(reasons).toEqual(reason === null ? [] : [expect.stringContaining(reason)])
})
