import { readFileSync, writeFileSync } from 'node:fs'
import { loadCases } from '../test/conformance/load-cases.ts'
import { withEngineTable } from './engine-table.ts'

// npm run docs:engines
// Writes the table of the cases in which QuickJS differs from V8 into docs/engines.md.

const file = 'docs/engines.md'
writeFileSync(file, withEngineTable(readFileSync(file, 'utf8'), loadCases()))
