/** Characters that a terminal draws two columns wide: East Asian scripts, their punctuation, full-width forms. */
const wide =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}\p{Script=Yi}\u3000-\u303e\u309b-\u30ff\uff01-\uff60\uffe0-\uffe6]/u

/** Half-width forms of these scripts. */
const halfWide = /^[\uff61-\uffdc]/u

/** Emoji and flags, and characters that a variation selector turns into emoji. */
const emoji = /^(?:\p{Emoji_Presentation}|\p{Regional_Indicator}{2})|\ufe0f/u

/** Characters that only change the one before them, or are invisible. */
const zeroWide = /^[\p{Mn}\p{Me}\p{Cf}]+$/u

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** Returns the number of columns that a terminal draws a text in. */
export function displayWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length
  let width = 0
  for (const { segment } of segmenter.segment(text)) width += graphemeWidth(segment)
  return width
}

function graphemeWidth(grapheme: string): number {
  if (zeroWide.test(grapheme)) return 0
  if (emoji.test(grapheme)) return 2
  return wide.test(grapheme) && !halfWide.test(grapheme) ? 2 : 1
}
