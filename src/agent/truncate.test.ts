import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ContentItem } from '../protocol/content-item.ts'
import { truncateItems } from './truncate.ts'

const image: ContentItem = { type: 'input_image', image_url: 'data:image/png;base64,AA==', detail: 'high' }
const clip: ContentItem = { type: 'input_audio', audio_url: 'data:audio/wav;base64,AAAA' }

const cases: readonly [
  what: string,
  items: readonly ContentItem[],
  maxTokens: number,
  expected: readonly ContentItem[],
][] = [
  ['nothing', [], 0, []],
  ['texts at the limit stay apart', [text('01234'), text('567890')], 3, [text('01234'), text('567890')]],
  ['an empty text at budget 0', [text('')], 0, [text('')]],
  [
    'texts are joined when they are cut',
    [text('0123456789'), text('ABCDEFGHIJ')],
    5,
    [warned(6, 2, '0123456789…1 tokens truncated…ABCDEFGHIJ')],
  ],
  ['the separators count', [text(''), text('')], 0, [warned(1, 1, '…1 tokens truncated…')]],
  ['budget 0', [text('abcdefgh')], 0, [warned(2, 1, '…2 tokens truncated…')]],
  ['characters of four bytes', [text('😀😀😀😀')], 2, [warned(4, 1, '😀…2 tokens truncated…😀')]],
  [
    'a character that does not fit is left out',
    [text('é'.repeat(20))],
    3,
    [warned(10, 1, 'ééé…7 tokens truncated…ééé')],
  ],
  ['no half of a pair is kept', [text('a😀😀b')], 1, [warned(3, 1, 'a…2 tokens truncated…b')]],
  [
    'lone surrogates become U+FFFD',
    [text('\ud800abcdef\ud800')],
    2,
    [warned(3, 1, '\ufffda…1 tokens truncated…f\ufffd')],
  ],
  [
    'a last line feed starts no line',
    [text('one\ntwo\nthree\nfour\n')],
    2,
    [warned(5, 4, 'one\n…3 tokens truncated…our\n')],
  ],
  ['carriage returns start no line', [text('a\r\n\r\nb\n\n')], 1, [warned(2, 4, 'a\r…1 tokens truncated…\n\n')]],
  [
    'beside an image each text is charged by itself',
    [text('0123456789'), image, text('0123456789abcdef'), text('more'), text('more')],
    4,
    [text('0123456789'), image, text('01…3 tokens truncated…ef'), text('[omitted 2 text items ...]')],
  ],
  ['beside an image empty texts are skipped', [text(''), image, text('')], 0, [image]],
  [
    'beside an image budget 0 leaves texts out',
    [text('abcdefg'), image],
    0,
    [image, text('[omitted 1 text items ...]')],
  ],
  ['images cost nothing', [image, image, text('0123')], 1, [image, image, text('0123')]],
  ['audio that fits', [clip, text('0123')], 8, [clip, text('0123')]],
  [
    'audio that does not fit is left out and counted last',
    [clip, text('0123'), text('4567')],
    1,
    [text('0123'), text('[omitted 1 text items ...]'), text('[omitted 1 audio items ...]')],
  ],
]

test.each(cases)('%s', (_what, items, maxTokens, expected) => {
  expect(truncateItems(items, maxTokens)).toEqual(expected)
})

describe('for any items and budget', () => {
  const texts = fc.array(fc.string({ unit: 'binary', maxLength: 60 }).map(text), { maxLength: 8 })
  const mixed = fc.array(
    fc.oneof(fc.string({ unit: 'binary', maxLength: 60 }).map(text), fc.constantFrom(image, clip)),
    { maxLength: 8 },
  )
  const budgets = fc.nat(40)

  test('texts that fit stay and others keep both ends within the budget', () => {
    fc.assert(
      fc.property(texts, budgets, (items, maxTokens) => {
        const joined = items.map(textOf).join('\n')
        const result = truncateItems(items, maxTokens)
        if (Buffer.byteLength(joined) <= maxTokens * 4) expect(result).toEqual(items)
        else expectCut(result.map(textOf).join(''), joined, maxTokens)
      }),
    )
  })

  test('images stay, and texts and audio that stay are within the budget', () => {
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

test.each(['x', 'é', '漢', '😀', '\n'])('10 MB of %j are cut at once', (character) => {
  const items = [text(character.repeat(10_000_000 / Buffer.byteLength(character)))]
  const startedAt = performance.now()
  truncateItems(items, 10_000)
  truncateItems(items, 2_000_000)
  // About 30 ms here; the bound only tells linear from quadratic.
  expect(performance.now() - startedAt).toBeLessThan(2000)
})

function expectCut(cut: string, joined: string, maxTokens: number): void {
  const [, head, tail] = /^Warning: [^\n]*\n[^\n]*\n\n(.*)…\d+ tokens truncated…(.*)$/s.exec(cut) ?? []
  expect(head !== undefined && joined.startsWith(head)).toBe(true)
  expect(tail !== undefined && joined.endsWith(tail)).toBe(true)
  const kept = `${head}${tail}`
  expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(maxTokens * 4)
  // Whole characters: at most three bytes are given away at each end.
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
