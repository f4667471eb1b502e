/**
 * Text for a person's eyes that a terminal obeys in nothing and that hides nothing: control characters, marks that turn the
 * direction of writing, and characters that nobody sees are written out by their numbers. Ends of lines stay, and a tab is two
 * spaces.
 */
export function visibleText(text: string): string {
  return text.toWellFormed().replaceAll(lineEnds, '\n').replaceAll(unseen, writtenOut)
}

/** The lines of a program, as the engine counts them. */
export function sourceLines(source: string): readonly string[] {
  return source.split(lineEnds)
}

/** A line in pieces of at most `width` columns. Characters that may be drawn twice as wide count as two. */
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

/** Controls, formats, what is ignored when drawn, and spaces that are not the space. */
const unseen = /(?![\n ])[\p{Cc}\p{Cf}\p{Co}\p{Default_Ignorable_Code_Point}\p{Zs}\u2800]/gu

function writtenOut(character: string): string {
  if (character === '\t') return '  '
  const code = (character.codePointAt(0) ?? 0).toString(16)
  return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`
}
