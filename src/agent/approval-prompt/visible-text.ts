import { escapeOf, replaceInvisible } from '../../text/escape-invisible.ts'

/**
 * Makes text safe for a terminal and for approvers: every invisible character is written as its code point, e.g. `\u{202e}`.
 * Line ends stay, and a tab becomes two spaces.
 */
export function visibleText(text: string): string {
  return replaceInvisible(text.replaceAll(lineEnds, '\n'), shownAs)
}

/** Splits a program into lines, as the engine counts them. */
export function sourceLines(source: string): readonly string[] {
  return source.split(lineEnds)
}

/** Splits a line into pieces of at most `width` columns. Characters that can be drawn twice as wide count as two. */
export function foldedLine(line: string, width: number): readonly string[] {
  const pieces: string[] = []
  let piece = ''
  let columns = 0
  for (const character of line) {
    const wide = (character.codePointAt(0) ?? 0) >= 0x1100 ? 2 : 1
    if (columns + wide > width) {
      pieces.push(piece)
      piece = ''
      columns = 0
    }
    piece += character
    columns += wide
  }
  return [...pieces, piece]
}

const lineEnds = /\r\n|[\n\r\u2028\u2029]/g

function shownAs(character: string): string {
  if (character === '\n') return character
  return character === '\t' ? '  ' : escapeOf(character)
}
