import { globSync, readFileSync } from 'node:fs'
import { findOpenings, findTitles, findWords, type Finding } from './words/find-words.ts'
import { proseOfMarkdown, proseOfScript } from './words/prose.ts'

// node scripts/check-words.ts
// Refuses the words of scripts/words/banned-words.ts in comments, strings, titles of tests and pages. Refuses documentation and
// headings that start like a question.

/** The checker quotes the words that it refuses. */
const quoting = new Set(['scripts/words/banned-words.ts', 'scripts/words/words.test.ts'])

const scripts = globSync(
  [
    '{src,test,scripts,bench,examples,bin,site}/**/*.{ts,js,mjs,cjs}',
    '{viewer,console,playground}/src/**/*.{ts,tsx}',
    '*.ts',
  ],
  { exclude: ['**/node_modules', '**/dist', '**/.*'] },
)
const pages = globSync(['*.md', 'docs/**/*.md'])
const files = [...scripts, ...pages].filter((file) => !quoting.has(file))

const reports = files.toSorted().flatMap(reportsOf)
for (const report of reports) console.error(report)
if (reports.length > 0) process.exitCode = 1

function reportsOf(file: string): string[] {
  const source = readFileSync(file, 'utf8')
  return findingsOf(file, source).map(
    ({ offset, word, instead }) => `${file}:${source.slice(0, offset).split('\n').length}: ${word} → ${instead}`,
  )
}

function findingsOf(file: string, source: string): Finding[] {
  if (file.endsWith('.md')) return [...findTitles(source), ...findWords(proseOfMarkdown(source))]
  const isTest = file.startsWith('test/') || file.endsWith('.test.ts')
  const words = findWords(proseOfScript(file, source, isTest ? 'comments and titles' : 'comments and strings'))
  return [...findOpenings(source), ...words]
}
