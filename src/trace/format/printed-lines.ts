import type { SourceLocation } from '../../events/session-event.ts'

/**
 * Lines of a cell log for printed strings, the most frequent lines, in the form in which a thread sends them to another: in a
 * tenth of the time that their JSON takes.
 */
export type PrintedLines = {
  readonly bodies: string[]
  /**
   * Consecutive strings of one location and time, in four numbers each: their count, line, column and time. Line and column are 0
   * for an unknown location.
   */
  readonly runs: number[]
}

/** The length of a line without its string, in characters. */
export const printedLineLength = 110

export function newPrintedLines(): PrintedLines {
  return { bodies: [], runs: [] }
}

/** Adds a string that was printed at this time. */
export function addPrinted({ bodies, runs }: PrintedLines, body: string, place: SourceLocation | null): void {
  const line = place?.line ?? 0
  const column = place?.column ?? 0
  const at = Date.now()
  bodies.push(body)
  const last = runs.length - 4
  if (last >= 0 && runs[last + 1] === line && runs[last + 2] === column && runs[last + 3] === at)
    runs[last] = (runs[last] ?? 0) + 1
  else runs.push(1, line, column, at)
}

/** Matches strings that are the same in JSON. */
const plain = /^[ !#-[\]-~]*$/

/** Returns the lines as the log has them, each with a line end. */
export function printedLinesText({ bodies, runs }: PrintedLines): string {
  let text = ''
  let index = 0
  for (let run = 0; run < runs.length; run += 4) {
    const [count = 0, line, column, at] = runs.slice(run, run + 4)
    const place = line === 0 ? 'null' : `{"line":${line},"column":${column}}`
    const end = `},"place":${place},"at":${at}}\n`
    for (const last = index + count; index < last; index++) {
      const body = bodies[index] ?? ''
      text += `{"type":"event","event":{"type":"text","body":${plain.test(body) ? `"${body}"` : JSON.stringify(body)}${end}`
    }
  }
  return text
}
