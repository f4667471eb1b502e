import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { loadCases } from '../test/conformance/load-cases.ts'
import { quickJsDifferences } from '../test/conformance/quickjs-differences.ts'
import { withEngineTable } from './engine-table.ts'

test('docs/engines.md has the current table of differences; npm run docs:engines writes it', () => {
  const page = readFileSync('docs/engines.md', 'utf8')
  expect(page).toContain('<!-- begin engine differences -->')
  expect(withEngineTable(page, loadCases())).toBe(page)
})

test('each difference is one of a case', () => {
  const ids = new Set<string>(loadCases().map(({ id }) => id))
  expect([...quickJsDifferences.keys()].filter((id) => !ids.has(id))).toEqual([])
})
