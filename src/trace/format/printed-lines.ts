import type { SourceLocation } from '../../events/session-event.ts'

/**
 * Lines of a cell log for printed strings, the most frequent lines, in columns: a thread sends them to another in a tenth of the
 * time that their JSON takes.
 */
export type PrintedLines = {
  readonly bodies: string[]
  /** Line and column of each string; 0 and 0 for an unknown location. */
  readonly locations: number[]
  readonly times: number[]
}

/** The length of a line without its string, in characters. */
export const printedLineLength = 110

export function newPrintedLines(): PrintedLines {
  return { bodies: [], locations: [], times: [] }
}

/** Adds a string that was printed at this time. */
export function addPrinted(
  { bodies, locations, times }: PrintedLines,
  body: string,
  place: SourceLocation | null,
): void {
  bodies.push(body)
  locations.push(place?.line ?? 0, place?.column ?? 0)
  times.push(Date.now())
}

/** Matches strings that are the same in JSON. */
const plain = /^[ !#-[\]-~]*$/

/** Returns the lines as the log has them, each with a line end. */
export function printedLinesText({ bodies, locations, times }: PrintedLines): string {
  let text = ''
  let end = ''
  let last = -1
  for (const [index, body] of bodies.entries()) {
    if (last < 0 || !isSame(locations, times, last, index)) end = endOf(locations, times, index)
    last = index
    text += `{"type":"event","event":{"type":"text","body":${plain.test(body) ? `"${body}"` : JSON.stringify(body)}${end}`
  }
  return text
}

function isSame(locations: readonly number[], times: readonly number[], left: number, right: number): boolean {
  return (
    times[left] === times[right] &&
    locations[2 * left] === locations[2 * right] &&
    locations[2 * left + 1] === locations[2 * right + 1]
  )
}

function endOf(locations: readonly number[], times: readonly number[], index: number): string {
  const [line, column] = [locations[2 * index], locations[2 * index + 1]]
  const place = line === 0 ? 'null' : `{"line":${line},"column":${column}}`
  return `},"place":${place},"at":${times[index]}}\n`
}
