import { escapeOf, replaceInvisible } from '../../text/escape-invisible.ts'

/** How much of a text is shown: at most `width` characters of each line, or the whole text. */
export type Room = { readonly width: number; readonly isWhole: boolean }

/** Returns text as one line that a terminal prints as it stands: invisible characters are escaped, a line end is `⏎`. */
export function oneLine(text: string, { width, isWhole }: Room): string {
  // Twice the width fills a line even when every pair of characters becomes one; the rest of a long text is not read.
  const beginning = isWhole ? text : text.slice(0, width * 2)
  const shown = visible(beginning)
  return isWhole || (shown.length <= width && beginning.length === text.length) ? shown : cut(shown, width)
}

/** Returns the lines of a text, each as `oneLine` returns it, and a count of the omitted ones. */
export function textLines(text: string, { width, isWhole }: Room, maxLines: number): readonly string[] {
  const lines = text.split('\n')
  const last = lines.at(-1) === '' ? lines.length - 1 : lines.length
  const shown = lines
    .slice(0, isWhole ? last : Math.min(last, maxLines))
    .map((line) => oneLine(line, { width, isWhole }))
  return shown.length === last ? shown : [...shown, `… ${last - shown.length} more lines`]
}

function visible(text: string): string {
  return replaceInvisible(text.replaceAll('\r\n', '\n'), shownAs)
}

function shownAs(character: string): string {
  if (character === '\n') return '⏎'
  return character === '\t' ? '  ' : escapeOf(character)
}

function cut(text: string, width: number): string {
  const beginning = text.slice(0, Math.max(1, width - 1))
  // A cut must not split a surrogate pair.
  return `${/[\uD800-\uDBFF]$/.test(beginning) ? beginning.slice(0, -1) : beginning}…`
}
