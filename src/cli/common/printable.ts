import { escapeInvisible } from '../../text/escape-invisible.ts'

/** The longest message that is printed, in characters: ids and paths of a bundle can have any length. */
const maxLength = 2000

/** Returns text of a bundle or session as one line that a terminal prints as it stands. */
export function printable(text: string): string {
  const line = escapeInvisible(text.slice(0, maxLength))
  return text.length > maxLength ? `${line}…` : line
}
