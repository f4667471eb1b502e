const maxWidth = 120

/** A location in a source. Lines and columns start at 1. */
export type SourcePosition = { readonly line: number; readonly column: number }

/** Returns the line of a position with the line before it and a mark below. Long lines are truncated around the mark. */
export function codeFrame(source: string, { line, column }: SourcePosition): string {
  const lines = source.split(/\r\n|[\n\r\u2028\u2029]/)
  const width = String(line).length
  const from = Math.max(0, column - 1 - maxWidth / 2)
  const show = (number: number, mark: string): string =>
    `${mark} ${String(number).padStart(width)} | ${(lines[number - 1] ?? '').slice(from, from + maxWidth)}`.trimEnd()
  const before = line > 1 ? [show(line - 1, ' ')] : []
  const pointer = `  ${' '.repeat(width)} | ${' '.repeat(Math.max(0, column - 1 - from))}^`
  return [...before, show(line, '>'), pointer].join('\n')
}
