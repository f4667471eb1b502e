import { replaceInvisible } from '../text/escape-invisible.ts'

/**
 * Makes text of a third party safe for a Markdown prompt: none of its lines is a heading or a code fence, invisible characters are
 * removed, and it has at most `maxLength` characters. Prose stays as it is.
 */
export function quotedText(text: string, maxLength: number): string {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text
  const visible = replaceInvisible(cut.toWellFormed().replaceAll(lineEnds, '\n'), shownAs)
  return visible.replaceAll(marks, '$1\\$2')
}

/** Returns the same as one line. */
export function quotedLine(text: string, maxLength: number): string {
  return quotedText(text, maxLength).replaceAll(/\s+/g, ' ').trim()
}

const lineEnds = /\r\n?|[\v\f\u0085\u2028\u2029]/g

/**
 * A model reads words, not code points: escapes would be noise, so spaces become the usual one and other characters are
 * removed.
 */
function shownAs(character: string): string {
  if (character === '\n' || character === '\t') return character
  return /\p{Zs}/u.test(character) ? ' ' : ''
}

/** Starts of lines that would be a heading, the underline of a heading, a fence, or the label of a declaration. */
const marks = /^([ \t>]*)(#|```|~~~|===|---|exec tool declaration:|Shared MCP Types:)/gim
