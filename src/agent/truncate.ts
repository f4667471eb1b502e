import type { ContentItem } from '../protocol/content-item.ts'

const bytesPerToken = 4

/**
 * Cuts items to a budget in tokens; a token stands for four bytes of UTF-8. Output that is all text is joined and cut in
 * the middle; beside images and audio each text is charged by itself, and what no longer fits is counted and left out
 * (contract section 16.4). Items that fit come back as they are.
 */
export function truncateItems(items: readonly ContentItem[], maxTokens: number): ContentItem[] {
  const texts = items.flatMap((item) => (item.type === 'input_text' ? [item.text] : []))
  return texts.length === items.length ? truncateTexts(items, texts, maxTokens) : truncateMixed(items, maxTokens)
}

function truncateTexts(items: readonly ContentItem[], texts: readonly string[], maxTokens: number): ContentItem[] {
  const separators = Math.max(texts.length - 1, 0)
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), separators)
  if (bytes <= maxTokens * bytesPerToken) return [...items]
  const joined = texts.join('\n')
  const warning = `Warning: truncated output (original token count: ${tokensOf(bytes)})`
  return [textItem(`${warning}\nTotal output lines: ${countLines(joined)}\n\n${cutMiddle(joined, bytes, maxTokens)}`)]
}

function truncateMixed(items: readonly ContentItem[], maxTokens: number): ContentItem[] {
  const kept: ContentItem[] = []
  let left = maxTokens
  let omittedTexts = 0
  let omittedAudio = 0
  for (const item of items) {
    if (item.type === 'input_image') kept.push(item)
    else if (item.type === 'input_audio') {
      const cost = tokensOf(Buffer.byteLength(item.audio_url))
      if (cost <= left) {
        kept.push(item)
        left -= cost
      } else omittedAudio++
    } else if (item.text !== '') {
      const bytes = Buffer.byteLength(item.text)
      if (tokensOf(bytes) <= left) kept.push(item)
      else if (left > 0) kept.push(textItem(cutMiddle(item.text, bytes, left)))
      else omittedTexts++
      left = Math.max(left - tokensOf(bytes), 0)
    }
  }
  if (omittedTexts > 0) kept.push(textItem(`[omitted ${omittedTexts} text items ...]`))
  if (omittedAudio > 0) kept.push(textItem(`[omitted ${omittedAudio} audio items ...]`))
  return kept
}

/** The beginning and the end of a text that is too long, in whole characters, with a remark about what was between. */
function cutMiddle(text: string, bytes: number, maxTokens: number): string {
  const budget = maxTokens * bytesPerToken
  const headBytes = Math.floor(budget / 2)
  const head = text.slice(0, endOfHead(text, headBytes))
  const tail = text.slice(startOfTail(text, budget - headBytes))
  return `${head}…${tokensOf(bytes - budget)} tokens truncated…${tail}`
}

function endOfHead(text: string, maxBytes: number): number {
  let end = 0
  for (let left = maxBytes; end < text.length; ) {
    const code = text.codePointAt(end) ?? 0
    left -= utf8Size(code)
    if (left < 0) break
    end += code > 0xffff ? 2 : 1
  }
  return end
}

function startOfTail(text: string, maxBytes: number): number {
  let start = text.length
  for (let left = maxBytes; start > 0; ) {
    const pair = start > 1 ? (text.codePointAt(start - 2) ?? 0) : 0
    const code = pair > 0xffff ? pair : text.charCodeAt(start - 1)
    left -= utf8Size(code)
    if (left < 0) break
    start -= code > 0xffff ? 2 : 1
  }
  return start
}

function utf8Size(code: number): number {
  if (code < 0x80) return 1
  if (code < 0x800) return 2
  return code < 0x10000 ? 3 : 4
}

/** Lines end with a line feed; the last one need not. */
function countLines(text: string): number {
  const lineFeed = 10
  let lines = text === '' || text.endsWith('\n') ? 0 : 1
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) === lineFeed) lines++
  return lines
}

function tokensOf(bytes: number): number {
  return Math.ceil(bytes / bytesPerToken)
}

function textItem(text: string): ContentItem {
  return { type: 'input_text', text }
}
