import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { commandsWithVerbs } from '../../src/cli/specs/all-commands.ts'
import { withGeneratedTables } from './generated-tables.ts'

test('withGeneratedTables() replaces what is between the markers', () => {
  const page = 'a\n<!-- begin codecell sessions -->\nold\n<!-- end -->\nb\n'
  expect(withGeneratedTables(page)).toBe(`a
<!-- begin codecell sessions -->
\`\`\`sh
codecell sessions --durable DIR [flags]
codecell sessions --store URL [flags]
\`\`\`

| flag | | default |
|---|---|---|
| \`--durable DIR\` | read the sessions in DIR | |
| \`--store URL\` | read the sessions in a shared store: postgres://… or sqlite:FILE | \`CODECELL_STORE\` |
| \`--tenant NAME\` | use the sessions of NAME, with --store | \`default\` |
| \`--json\` | print one JSON object per line | |
<!-- end -->
b
`)
})

test('withGeneratedTables() rejects a command that does not exist', () => {
  expect(() => withGeneratedTables('<!-- begin codecell nope -->\n<!-- end -->\n')).toThrow('"codecell nope"')
})

test.each(globSync('docs/*.md'))('%s has the tables of the command line; npm run docs:cli writes them', (file) => {
  const page = readFileSync(file, 'utf8')
  expect(withGeneratedTables(page)).toBe(page)
})

test('docs/cli.md has a table of each command and verb with flags', () => {
  const page = readFileSync('docs/cli.md', 'utf8')
  for (const { name, flags } of commandsWithVerbs()) {
    if (flags.length > 0) expect(page).toContain(`<!-- begin codecell ${name} -->`)
  }
})
