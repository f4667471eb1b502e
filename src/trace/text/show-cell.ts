import { readEntryContent } from '../timeline/entry-content.ts'
import type { TimelineEntry } from '../timeline/timeline-entry.ts'
import { paintedStatus } from './colors.ts'
import { oneLine, textLines } from './plain-text.ts'
import { offset, type ShowContext } from './show-context.ts'
import { bar, lasted } from './times.ts'

/** The maximum number of source and output lines. */
const maxSourceLines = 8
const maxOutputLines = 6

/** Shows a cell: its source, its calls and events by the time since it began, and its output. */
export function* showCell(cell: TimelineEntry, context: ShowContext): Generator<string> {
  const { paint, isWhole, width, payloads, startedAt, children } = context
  const call = cell.call === null ? '' : paint.dim(` ${oneLine(cell.call, { width: 40, isWhole })}`)
  const name = paint.strong(`cell ${oneLine(cell.cell ?? '?', { width: 20, isWhole })}`)
  const end = `${paintedStatus(cell.status, paint)} · ${lasted(cell.start, cell.end)}`
  yield `${paint.dim(offset(cell, startedAt))}  ${name}${call}  ${end}`
  const content = readEntryContent(cell, payloads)
  const room = { width: width - 20, isWhole }
  for (const line of textLines(content.input ?? '', room, maxSourceLines)) yield `${margin}${paint.dim('│')} ${line}`
  const inside = children.get(cell.id) ?? []
  let lastTime = cell.end ?? cell.start
  for (const entry of inside) lastTime = Math.max(lastTime, entry.end ?? entry.start)
  const whole = { start: cell.start, end: lastTime }
  for (const entry of inside) yield* showInside(entry, whole, context)
  yield* showOutput(content, context)
}

const margin = ' '.repeat(11)

function* showOutput(
  { output, error }: { readonly output: string | null; readonly error: string | null },
  { paint, isWhole, width }: ShowContext,
): Generator<string> {
  const room = { width: width - 20, isWhole }
  for (const line of textLines(output ?? '', room, maxOutputLines)) yield `${margin}${paint.good('>')} ${line}`
  for (const line of textLines(error ?? '', room, maxOutputLines)) yield `${margin}${paint.bad('! ')}${paint.bad(line)}`
}

type Whole = { readonly start: number; readonly end: number }

/** Shows an entry of a cell in one line. */
function* showInside(entry: TimelineEntry, whole: Whole, context: ShowContext): Generator<string> {
  const { paint } = context
  const when = paint.dim(offset(entry, whole.start))
  const isSpan = entry.type === 'nested_call' || entry.type === 'wait'
  const drawn = isSpan ? bar(entry, whole) : ' '.repeat(bar(whole, whole).length)
  const time = (isSpan ? lasted(entry.start, entry.end) : '').padStart(8)
  yield `${margin}${when} ${paint.dim(drawn)} ${time}  ${wordsOf(entry, context)}`
}

function wordsOf(entry: TimelineEntry, context: ShowContext): string {
  const { paint, isWhole, width, payloads } = context
  const short = { width: 30, isWhole }
  const { input, output, error } = readEntryContent(entry, payloads)
  switch (entry.type) {
    case 'nested_call': {
      const name = oneLine(entry.server === null ? entry.name : `${entry.server}: ${entry.name}`, {
        width: 40,
        isWhole,
      })
      const room = Math.max(24, width - besideWords - name.length)
      const inputText = oneLine(input ?? '', { width: Math.floor(room / 2), isWhole })
      const outcome = oneLine(error ?? output ?? '', { width: room - inputText.length, isWhole })
      return `${paint.strong(name)} ${inputText} ${error === null ? `→ ${outcome || paintedStatus(entry.status, paint)}` : paint.bad(`! ${outcome}`)}`
    }
    case 'wait': {
      const header = /\nWall time [\d.]+ seconds\nOutput:\n*/
      const outcome = oneLine((error ?? output ?? entry.status).replace(header, ': '), {
        width: Math.max(24, width - besideWords - 30),
        isWhole,
      })
      return `${paint.strong('wait')} ${paint.dim(oneLine(entry.call ?? '', short))} → ${outcome}`
    }
    case 'yield':
      return paint.notable('yield: the model got the output so far')
    default: {
      const what = [entry.name, entry.call ?? '', entry.status].filter((text) => text !== '')
      const text =
        entry.text === null
          ? ''
          : `: ${oneLine(entry.text, { width: Math.max(24, width - besideWords - 30), isWhole })}`
      return `${paint.notable(oneLine(what.join(' '), short))}${text}`
    }
  }
}

/** The width of the columns before the text, with the indents of a thread and a turn. */
const besideWords = 58
