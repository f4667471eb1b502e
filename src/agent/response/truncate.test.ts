import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ContentItem } from '../../protocol/content-item.ts'
import { anyCharacter } from '../../../test/support/any-character.ts'
import { growth } from '../../../test/support/cpu-time.ts'
import { truncateItems } from './truncate.ts'

const image: ContentItem = { type: 'input_image', image_url: 'data:image/png;base64,AA==', detail: 'high' }
const clip: ContentItem = { type: 'input_audio', audio_url: 'data:audio/wav;base64,AAAA' }

const cases: readonly [
  what: string,
  items: readonly ContentItem[],
  maxTokens: number,
  expected: readonly ContentItem[],
][] = [
  ['returns no items for no items', [], 0, []],
  ['keeps texts at the limit apart', [text('01234'), text('567890')], 3, [text('01234'), text('567890')]],
  ['keeps an empty text at budget 0', [text('')], 0, [text('')]],
  [
    'joins texts that it cuts',
    [text('0123456789'), text('ABCDEFGHIJ')],
    5,
    [warned(6, 2, '0123456789…1 tokens truncated…ABCDEFGHIJ')],
  ],
  ['keeps empty texts at budget 0', [text(''), text('')], 0, [text(''), text('')]],
  [
    'does not count empty texts before the first other text',
    [text(''), text(''), text('éééé')],
    2,
    [text(''), text(''), text('éééé')],
  ],
  [
    'leaves out empty texts before the first other text, and counts the separators after it',
    [text(''), text('a'), text(''), text('b'.repeat(14)), text('')],
    2,
    [warned(5, 3, 'a\n\nb…3 tokens truncated…bbb\n')],
  ],
  ['keeps no text at budget 0', [text('abcdefgh')], 0, [warned(2, 1, '…2 tokens truncated…')]],
  ['cuts between characters of four bytes', [text('😀😀😀😀')], 2, [warned(4, 1, '😀…2 tokens truncated…😀')]],
  [
    'leaves out a character that does not fit',
    [text('é'.repeat(20))],
    3,
    [warned(10, 1, 'ééé…7 tokens truncated…ééé')],
  ],
  ['keeps no half of a surrogate pair', [text('a😀😀b')], 1, [warned(3, 1, 'a…2 tokens truncated…b')]],
  [
    'replaces lone surrogates with U+FFFD',
    [text('\ud800abcdef\ud800')],
    2,
    [warned(3, 1, '\ufffda…1 tokens truncated…f\ufffd')],
  ],
  [
    'does not count a line after the last line feed',
    [text('one\ntwo\nthree\nfour\n')],
    2,
    [warned(5, 4, 'one\n…3 tokens truncated…our\n')],
  ],
  [
    'does not count lines at carriage returns',
    [text('a\r\n\r\nb\n\n')],
    1,
    [warned(2, 4, 'a\r…1 tokens truncated…\n\n')],
  ],
  [
    'charges each text by itself next to an image',
    [text('0123456789'), image, text('0123456789abcdef'), text('more'), text('more')],
    4,
    [text('0123456789'), image, text('01…3 tokens truncated…ef'), text('[omitted 2 text items ...]')],
  ],
  ['skips empty texts next to an image', [text(''), image, text('')], 0, [image]],
  [
    'leaves out texts next to an image at budget 0',
    [text('abcdefg'), image],
    0,
    [image, text('[omitted 1 text items ...]')],
  ],
  ['does not charge images', [image, image, text('0123')], 1, [image, image, text('0123')]],
  ['keeps audio that fits', [clip, text('0123')], 8, [clip, text('0123')]],
  [
    'leaves out audio that does not fit and counts it last',
    [clip, text('0123'), text('4567')],
    1,
    [text('0123'), text('[omitted 1 text items ...]'), text('[omitted 1 audio items ...]')],
  ],
]

test.each(cases)('truncateItems() %s', (_what, items, maxTokens, expected) => {
  expect(truncateItems(items, maxTokens)).toEqual(expected)
})

describe('truncateItems() of any items', () => {
  const texts = fc.array(fc.string({ unit: anyCharacter, maxLength: 60 }).map(text), { maxLength: 8 })
  const mixed = fc.array(
    fc.oneof(fc.string({ unit: anyCharacter, maxLength: 60 }).map(text), fc.constantFrom(image, clip)),
    { maxLength: 8 },
  )
  const budgets = fc.nat(40)

  test('keeps texts that fit, and both ends of the others within the budget', () => {
    fc.assert(
      fc.property(texts, budgets, (items, maxTokens) => {
        const first = items.findIndex((item) => textOf(item) !== '')
        const joined = first === -1 ? '' : items.slice(first).map(textOf).join('\n')
        const result = truncateItems(items, maxTokens)
        if (Buffer.byteLength(joined) <= maxTokens * 4) expect(result).toEqual(items)
        else expectCut(result.map(textOf).join(''), joined, maxTokens)
      }),
    )
  })

  test('keeps all images, and keeps texts and audio within the budget', () => {
    fc.assert(
      fc.property(mixed, budgets, (items, maxTokens) => {
        fc.pre(items.some(({ type }) => type !== 'input_text'))
        const result = truncateItems(items, maxTokens)
        const cost = result.filter((item) => items.includes(item)).reduce((sum, item) => sum + costOf(item), 0)
        expect(cost).toBeLessThanOrEqual(maxTokens)
        expect(result.filter((item) => item === image)).toEqual(items.filter((item) => item === image))
        expect(result.every((item) => textOf(item).isWellFormed())).toBe(true)
      }),
    )
  })
})

test.each(['x', 'é', '漢', '😀', '\n'])('truncateItems() takes linear time for a text of %j', (character) => {
  const cut = (bytes: number): unknown => {
    const items = [text(character.repeat(bytes / Buffer.byteLength(character)))]
    return [truncateItems(items, bytes / 1000), truncateItems(items, bytes / 5)]
  }
  // Quadratic time would grow 64 times.
  expect(growth(cut, 6_000, 64)).toBeLessThan(16)
})

function expectCut(cut: string, joined: string, maxTokens: number): void {
  const [, head, tail] = /^Warning: [^\n]*\n[^\n]*\n\n(.*)…\d+ tokens truncated…(.*)$/s.exec(cut) ?? []
  expect(head !== undefined && joined.startsWith(head)).toBe(true)
  expect(tail !== undefined && joined.endsWith(tail)).toBe(true)
  const kept = `${head}${tail}`
  expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(maxTokens * 4)
  // Characters stay whole: at most three bytes are lost at each end.
  expect(Buffer.byteLength(kept)).toBeGreaterThanOrEqual(maxTokens * 4 - 6)
  expect(cut.isWellFormed()).toBe(true)
}

function costOf(item: ContentItem): number {
  if (item.type === 'input_image') return 0
  return Math.ceil(Buffer.byteLength(item.type === 'input_text' ? item.text : item.audio_url) / 4)
}

function textOf(item: ContentItem): string {
  return item.type === 'input_text' ? item.text : ''
}

function text(value: string): ContentItem {
  return { type: 'input_text', text: value }
}

function warned(tokens: number, lines: number, cut: string): ContentItem {
  return text(`Warning: truncated output (original token count: ${tokens})\nTotal output lines: ${lines}\n\n${cut}`)
}
