import { describe, expect, test } from 'vitest'
import { findOpenings, findTitles, findWords } from './find-words.ts'
import { proseOfMarkdown, proseOfScript, type ProseOf } from './prose.ts'

function wordsOf(prose: string): string[] {
  return findWords(prose).map(({ word }) => word)
}

function wordsOfScript(source: string, wanted: ProseOf = 'comments and strings'): string[] {
  return wordsOf(proseOfScript('file.tsx', source, wanted))
}

describe('proseOfScript()', () => {
  test.each([
    ['// it goes on', ['goes on']],
    ['// A list is no form, there is no list, and it is no longer one.', ['is no']],
    ['/** It goes\n * on. */', ['goes on']],
    ['// It goes\n// on.', ['goes on']],
    ['const a = "it goes on"', ['goes on']],
    ['const a = `it ${f("the caller has to")} goes on`', ['has to', 'goes on']],
    ["const a = 'it\\nmends it'", ['mends']],
    ["const a = <p title='has to wait'>don't hand over {/* anew */}</p>", ['has to', 'hand over', 'anew']],
  ])('reads the comments and strings of %j', (source, words) => {
    expect(wordsOfScript(source)).toEqual(words)
  })

  test.each([
    ['const beside = nobody.meanwhile / chance / 2'],
    ['const a = /it goes on/'],
    ["import { a } from './beside.ts'"],
    ["const a = 'nobody'"],
    ['// `goes on` and is_told, has-to'],
    ['goes() // it\nf() // on: is no longer'],
    ['const recommended = `amends`'],
  ])('skips the names, code and code spans of %j', (source) => {
    expect(wordsOfScript(source)).toEqual([])
  })

  test('reads the titles of a test and not its data', () => {
    const source = `
      describe('a cell that goes on', () => {
        test.skipIf(no)(\`it has to $\{1}\`, () => f('the data has to'))
        test.each(['it goes on'])('nobody waits', f)
      })`
    expect(wordsOfScript(source, 'comments and titles')).toEqual(['goes on', 'has to', 'nobody'])
  })

  test('keeps each character at its offset', () => {
    const source = "const 𝒳 = '𝒳 x' // it\n/* goes\n * on */"
    const prose = proseOfScript('file.ts', source, 'comments and strings')
    expect(prose).toHaveLength(source.length)
    expect(findWords(prose).map(({ offset }) => offset)).toEqual([source.indexOf('goes')])
  })

  test('refuses a file that cannot be parsed', () => {
    expect(() => proseOfScript('file.ts', 'const', 'comments and strings')).toThrow('Cannot parse file.ts')
  })
})

describe('proseOfMarkdown()', () => {
  test('reads paragraphs, tables and the comments of examples', () => {
    const page = 'It goes\non.\n\n| has to | x |\n\n```ts\nf(`a`) // mends it\n```\n\nNobody, `is` no `told`.'
    expect(wordsOf(proseOfMarkdown(page))).toEqual(['goes on', 'has to', 'mends', 'Nobody'])
  })

  test('skips code spans and targets of links', () => {
    expect(wordsOf(proseOfMarkdown('`goes on`, ``a ` has to``, [x](beside.md)'))).toEqual([])
  })
})

test('findTitles() finds headings that are questions', () => {
  expect(findTitles('# How it is built\n\n## Howling\n\n## What a cell sees\n\nHow').map(({ word }) => word)).toEqual([
    'How it is built',
    'What a cell sees',
  ])
})

describe('findOpenings()', () => {
  test.each([
    ['/** What a cell prints. */', 'What'],
    ['a()\n/**\n * Who decides.\n */', 'Who'],
    ['/** Whoever decides. */', 'Whoever'],
    ['/** That which a cell prints. */', 'That which'],
  ])('finds the first word of %j', (script, word) => {
    expect(findOpenings(script)).toMatchObject([{ offset: script.indexOf(word), word }])
  })

  test.each(['/** The items. What they are. */', '// What it is', '/* Who decides. */', '/** Whole items. */'])(
    'accepts %j',
    (script) => {
      expect(findOpenings(script)).toEqual([])
    },
  )
})
