import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { withGeneratedTables } from './cli-docs/generated-tables.ts'

// npm run docs:cli
// Writes the flags and exit codes of all commands into the pages of docs/.

for (const file of globSync('docs/*.md')) {
  const page = readFileSync(file, 'utf8')
  const written = withGeneratedTables(page)
  if (written !== page) writeFileSync(file, written)
}
