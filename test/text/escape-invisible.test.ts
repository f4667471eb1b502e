import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { visibleText } from '../../src/agent/approval-prompt/visible-text.ts'
import { printable } from '../../src/cli/common/printable.ts'
import { escapeInvisible } from '../../src/text/escape-invisible.ts'
import { quotedText } from '../../src/tools/quoted-text.ts'
import { oneLine } from '../../src/trace/text/plain-text.ts'
import { visible } from '../../viewer/src/data/format.ts'

type Shown = {
  readonly character: string
  readonly escaped: string
  /** In prompts of a model, where escapes would be noise. */
  readonly quoted: string
}

const table: readonly (readonly [what: string, Shown])[] = [
  ['an escape', { character: '\u001b', escaped: '\\u{1b}', quoted: '' }],
  ['a bell', { character: '\u0007', escaped: '\\u{7}', quoted: '' }],
  ['a delete', { character: '\u007f', escaped: '\\u{7f}', quoted: '' }],
  ['a C1 control sequence', { character: '\u009b', escaped: '\\u{9b}', quoted: '' }],
  ['a no-break space', { character: '\u00a0', escaped: '\\u{a0}', quoted: ' ' }],
  ['a soft hyphen', { character: '\u00ad', escaped: '\\u{ad}', quoted: '' }],
  ['an Arabic letter mark', { character: '\u061c', escaped: '\\u{61c}', quoted: '' }],
  ['a zero width space', { character: '\u200b', escaped: '\\u{200b}', quoted: '' }],
  ['a right-to-left override', { character: '\u202e', escaped: '\\u{202e}', quoted: '' }],
  ['a right-to-left isolate', { character: '\u2067', escaped: '\\u{2067}', quoted: '' }],
  ['an empty braille pattern', { character: '\u2800', escaped: '\\u{2800}', quoted: '' }],
  ['an ideographic space', { character: '\u3000', escaped: '\\u{3000}', quoted: ' ' }],
  ['a Hangul filler', { character: '\u3164', escaped: '\\u{3164}', quoted: '' }],
  ['a private use character', { character: '\ue000', escaped: '\\u{e000}', quoted: '' }],
  ['a variation selector', { character: '\ufe0f', escaped: '\\u{fe0f}', quoted: '' }],
  ['a byte order mark', { character: '\ufeff', escaped: '\\u{feff}', quoted: '' }],
  ['a tag', { character: '\u{e0041}', escaped: '\\u{e0041}', quoted: '' }],
  ['half a surrogate pair', { character: '\ud800', escaped: '\\u{d800}', quoted: '\ufffd' }],
  ['a letter', { character: 'é', escaped: 'é', quoted: 'é' }],
  ['a space', { character: ' ', escaped: ' ', quoted: ' ' }],
  ['an emoji', { character: '😀', escaped: '😀', quoted: '😀' }],
]

const room = { width: 100, isWhole: false }

describe.each(table)('text with %s', (_what, { character, escaped, quoted }) => {
  const text = `a${character}b`

  test.each([
    ['the module', escapeInvisible],
    ['the command line', printable],
    ['an approval prompt', visibleText],
    ['a trace', (shown: string) => oneLine(shown, room)],
  ])('it has the same notation in text of %s', (_user, show) => {
    expect(show(text)).toBe(`a${escaped}b`)
  })

  test('it has a mark with the same code point on the page of the viewer', () => {
    const mark = escaped.replace(
      /^\\u\{(.*)\}$/,
      (_whole, code: string) => `⟨U+${code.toUpperCase().padStart(4, '0')}⟩`,
    )
    expect(visible(text)).toBe(`a${mark}b`)
  })

  test('it is in no prompt of a model unless it can be seen', () => {
    expect(quotedText(text, 100)).toBe(`a${quoted}b`)
  })
})

test.each<[string, (text: string) => string, string]>([
  ['escapeInvisible()', escapeInvisible, 'a\\u{9}b\\u{d}\\u{a}c\\u{d}d\\u{2028}e'],
  ['printable()', printable, 'a\\u{9}b\\u{d}\\u{a}c\\u{d}d\\u{2028}e'],
  ['visibleText()', visibleText, 'a  b\nc\nd\ne'],
  ['oneLine()', (text) => oneLine(text, room), 'a  b⏎c\\u{d}d\\u{2028}e'],
  ['visible()', visible, 'a\tb\nc⟨U+000D⟩d⟨U+2028⟩e'],
  ['quotedText()', (text) => quotedText(text, 100), 'a\tb\nc\nd\ne'],
])('%s treats tabs and line ends in its own way', (_name, show, shown) => {
  expect(show('a\tb\r\nc\rd\u2028e')).toBe(shown)
})

test('no text has an invisible character after escapeInvisible(), and visible text is unchanged', () => {
  const text = fc.string({ unit: fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code)) })
  const property = fc.property(text, (any) => {
    const escaped = escapeInvisible(any)
    expect(escaped).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\u00a0\u2800\u3164]/u)
    expect(escapeInvisible(escaped)).toBe(escaped)
  })
  fc.assert(property)
})
