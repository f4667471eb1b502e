import { parse } from 'acorn'
import { expect, test } from 'vitest'
import { mayHaveTextSites, textSites } from './text-sites.ts'

const sitesOf = (source: string): readonly string[] =>
  mayHaveTextSites(source)
    ? textSites(parse(source, { ecmaVersion: 'latest', sourceType: 'module' }), source).map(
        ({ name, line, column }) => `${name} ${line}:${column}`,
      )
    : []

test('calls in statements and bodies of arrow functions have names of their own', () => {
  expect(sitesOf('for (;;) text(1)\n  ;[2].map((x) => text(x)); text(3)')).toEqual([
    '$000 1:10',
    '$001 2:19',
    '$002 2:29',
  ])
})

test('a name that the source contains is not used', () => {
  expect(sitesOf('for (;;) text("$000 $002"); text(1)')).toEqual(['$001 1:10', '$003 1:29'])
})

test.each([
  ['a program without loops and functions', 'text(1)'],
  ['a declaration', 'for (const text of []) text(1)'],
  ['a parameter', '[].map((text) => text(1))'],
  ['an alias', 'const print = text; for (;;) text(1)'],
  ['an assignment', 'for (;;) text(1); text = 1'],
  ['a shorthand', 'for (;;) text(1); ({ text })'],
  ['an escape', 'for (;;) text(1); te\\u0078t(2)'],
  ['evaluated code', 'for (;;) text(1); eval("text = 1")'],
  ['the global object', 'for (;;) text(1); globalThis.text = 1'],
])('%s leaves all calls as they are', (_, source) => {
  expect(sitesOf(source)).toEqual([])
})

test.each(['const x = text(1)', 'text(1)()', 'text(...[1])', 'text?.(1)', '(text)(1)', 'new text(1)', 'await text(1)'])(
  'the call in "%s" finds its location by its stack',
  (source) => {
    expect(sitesOf(`for (;;) break\n${source}`)).toEqual([])
  },
)

test('a source has at most 300 names', () => {
  expect(sitesOf(`for (;;) break;${'text(1);'.repeat(400)}`)).toHaveLength(300)
})
