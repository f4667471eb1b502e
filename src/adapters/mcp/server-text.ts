import { escapeOf, replaceInvisible } from '../../text/escape-invisible.ts'

/** Returns a text of a server for an error: of limited length, and without characters that a reader does not see. */
export function serverText(text: string, maxChars = 1000): string {
  const start = text.slice(0, maxChars)
  const shown = replaceInvisible(start, (character) => (keeps.has(character) ? character : escapeOf(character)))
  return text.length > maxChars ? `${shown}…` : shown
}

/** A text can have lines. The variation selector belongs to many emojis. */
const keeps: ReadonlySet<string> = new Set(['\n', '\t', '\uFE0F'])
