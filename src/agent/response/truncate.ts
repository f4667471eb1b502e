import { byteLength, fromUtf8, toUtf8 } from '../../platform/utf8.ts'
import type { ContentItem } from '../../protocol/content-item.ts'

type TextItem = Extract<ContentItem, { type: 'input_text' }>

const bytesPerToken = 4

/**
 * Truncates items to a budget in tokens of four bytes of UTF-8. Texts alone are joined and truncated in the middle. With images or
 * audio each text is charged separately; texts that do not fit are counted and omitted. Items that fit are unchanged (CM-L cases).
 */
export function truncateItems(items: readonly ContentItem[], maxTokens: number): ContentItem[] {
  return items.every(isText) ? truncateTexts(items, maxTokens) : truncateMixed(items, maxTokens)
}

/** Returns whether `truncateItems` omits a part of the text. */
export function isTextCut(items: readonly ContentItem[], maxTokens: number): boolean {
  if (items.every(isText)) return sizeOf(items) > maxTokens * bytesPerToken
  let left = maxTokens
  for (const item of items) {
    const cost = item.type === 'input_image' ? 0 : tokensOf(byteLength(payloadOf(item)))
    if (cost <= left) left -= cost
    else if (item.type === 'input_text') return true
  }
  return false
}

function payloadOf(item: Exclude<ContentItem, { type: 'input_image' }>): string {
  return item.type === 'input_text' ? item.text : item.audio_url
}

/** Joins texts with line feeds. Empty texts before the first other one do not count (CM-L40). */
export function joinTexts(texts: readonly string[]): string {
  return texts.slice(firstText(texts)).join('\n')
}

/** Returns the bytes of the joined texts. */
function sizeOf(items: readonly TextItem[]): number {
  const first = firstText(items.map(({ text }) => text))
  const lineFeeds = Math.max(items.length - first - 1, 0)
  return items.reduce((sum, { text }) => sum + byteLength(text), lineFeeds)
}

/** Returns the index of the first text that is not empty, or the number of texts. */
function firstText(texts: readonly string[]): number {
  const index = texts.findIndex((text) => text !== '')
  return index === -1 ? texts.length : index
}

function isText(item: ContentItem): item is TextItem {
  return item.type === 'input_text'
}

function truncateTexts(items: readonly TextItem[], maxTokens: number): ContentItem[] {
  const size = sizeOf(items)
  if (size <= maxTokens * bytesPerToken) return [...items]
  const joined = toUtf8(joinTexts(items.map(({ text }) => text)))
  const warning = `Warning: truncated output (original token count: ${tokensOf(size)})`
  return [textItem(`${warning}\nTotal output lines: ${countLines(joined)}\n\n${cutMiddle(joined, maxTokens)}`)]
}

function truncateMixed(items: readonly ContentItem[], maxTokens: number): ContentItem[] {
  const kept: ContentItem[] = []
  let left = maxTokens
  let omittedTexts = 0
  let omittedAudio = 0
  for (const item of items) {
    if (item.type === 'input_image') kept.push(item)
    else if (item.type === 'input_audio') {
      const cost = tokensOf(byteLength(item.audio_url))
      if (cost <= left) {
        kept.push(item)
        left -= cost
      } else omittedAudio++
    } else if (item.text !== '') {
      const cost = tokensOf(byteLength(item.text))
      if (cost <= left) kept.push(item)
      else if (left > 0) kept.push(textItem(cutMiddle(toUtf8(item.text), left)))
      else omittedTexts++
      left = Math.max(left - cost, 0)
    }
  }
  if (omittedTexts > 0) kept.push(textItem(`[omitted ${omittedTexts} text items ...]`))
  if (omittedAudio > 0) kept.push(textItem(`[omitted ${omittedAudio} audio items ...]`))
  return kept
}

/** Returns the beginning and the end of a long text in whole characters, with a remark between them. */
function cutMiddle(text: Uint8Array, maxTokens: number): string {
  const budget = maxTokens * bytesPerToken
  let headEnd = Math.floor(budget / 2)
  while (isContinuation(text[headEnd])) headEnd--
  let tailStart = text.length - (budget - Math.floor(budget / 2))
  while (isContinuation(text[tailStart])) tailStart++
  const remark = `…${tokensOf(text.length - budget)} tokens truncated…`
  return `${fromUtf8(text, 0, headEnd)}${remark}${fromUtf8(text, tailStart)}`
}

/** Returns whether a byte of UTF-8 is not the first of its character. */
function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x80 && byte < 0xc0
}

/** Counts lines. The last one can lack its line feed. */
function countLines(text: Uint8Array): number {
  const lineFeed = 10
  let lines = text.length === 0 || text.at(-1) === lineFeed ? 0 : 1
  // By index: iterating over a buffer is several times slower.
  for (let index = 0; index < text.length; index++) if (text[index] === lineFeed) lines++
  return lines
}

function tokensOf(bytes: number): number {
  return Math.ceil(bytes / bytesPerToken)
}

function textItem(text: string): ContentItem {
  return { type: 'input_text', text }
}
