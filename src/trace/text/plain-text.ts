/** How much of a text is shown. */
export type Room = { readonly width: number; readonly isWhole: boolean }

/**
 * A text on one line without anything that a terminal would obey: control characters, escapes and marks that turn the
 * direction of writing are shown by their numbers.
 */
export function oneLine(text: string, { width, isWhole }: Room): string {
  // Twice the room is enough to fill it, whatever is replaced; a text of megabytes is not looked at to its end.
  const beginning = isWhole ? text : text.slice(0, width * 2)
  const shown = visible(beginning).replaceAll('\n', '⏎')
  return isWhole || (shown.length <= width && beginning.length === text.length) ? shown : cut(shown, width)
}

/** The lines of a text, each of them as `oneLine` has it; what is left out is counted. */
export function textLines(text: string, { width, isWhole }: Room, mostLines: number): readonly string[] {
  const lines = text.split('\n')
  const last = lines.at(-1) === '' ? lines.length - 1 : lines.length
  const shown = lines
    .slice(0, isWhole ? last : Math.min(last, mostLines))
    .map((line) => oneLine(line, { width, isWhole }))
  return shown.length === last ? shown : [...shown, `… ${last - shown.length} more lines`]
}

/** Control characters but for the end of a line, invisible marks, and separators of lines. */
const unsafe = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

function visible(text: string): string {
  return text.replaceAll('\r\n', '\n').replaceAll(unsafe, escaped).toWellFormed()
}

function escaped(character: string): string {
  if (character === '\t') return '  '
  return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`
}

function cut(text: string, width: number): string {
  const kept = text.slice(0, Math.max(1, width - 1))
  // A cut in the middle of a pair would leave half a character.
  return `${/[\uD800-\uDBFF]$/.test(kept) ? kept.slice(0, -1) : kept}…`
}
