import { engineLabels } from '../../protocol/engine-name.ts'
import { joinedItems, unprinted } from '../format/printed-items.ts'
import type { CellOutput } from '../timeline/cell-output.ts'
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
  const { paint, isWhole, width, reader, startedAt, children } = context
  const call = cell.call === null ? '' : paint.dim(` ${oneLine(cell.call, { width: 40, isWhole })}`)
  const name = paint.strong(`cell ${oneLine(cell.cell ?? '?', { width: 20, isWhole })}`)
  const end = `${paintedStatus(cell.status, paint)} · ${lasted(cell.start, cell.end)}`
  const output = reader.cellOutputOf(cell) ?? noOutput
  yield `${paint.dim(offset(cell, startedAt))}  ${name}${call}  ${end}${engineText(output, context)}`
  const room = { width: width - 20, isWhole }
  for (const line of textLines(cell.text ?? '', room, maxSourceLines)) yield `${margin}${paint.dim('│')} ${line}`
  const inside = children.get(cell.id) ?? []
  let lastTime = cell.end ?? cell.start
  for (const entry of inside) lastTime = Math.max(lastTime, entry.end ?? entry.start)
  const whole = { start: cell.start, end: lastTime }
  for (const entry of inside) yield* showInside(entry, { whole, output }, context)
  yield* showOutput(output, context)
}

const margin = ' '.repeat(11)

const noOutput: CellOutput = { printed: [], errorText: null, seen: null, engine: null }

/** Returns the engine of a cell with its version, unless it is V8. */
function engineText({ engine }: CellOutput, { isWhole }: ShowContext): string {
  if (engine === null || engine.name === '' || engine.name === 'v8') return ''
  const label = engine.name === 'quickjs' ? engineLabels.quickjs : engine.name
  return ` · ${oneLine(`${label} ${engine.version}`, { width: 40, isWhole })}`
}

/** Shows everything that the cell printed, what else the response to `exec` has, and the error. */
function* showOutput(output: CellOutput, { paint, isWhole, width }: ShowContext): Generator<string> {
  const { printed, errorText } = output
  const room = { width: width - 20, isWhole }
  const printedText = joinedItems(printed) ?? ''
  for (const line of textLines(printedText, room, maxOutputLines)) yield `${margin}${paint.good('>')} ${line}`
  const text = modelText(output.seen ?? [], output)
  if (text !== '') yield `${margin}model got: ${oneLine(text, { width: width - 22, isWhole })}`
  for (const line of textLines(errorText ?? '', room, maxOutputLines))
    yield `${margin}${paint.bad('! ')}${paint.bad(line)}`
}

/** Returns what a response has in addition to printed output: output that was truncated for the model, and notes. */
function modelText(seen: readonly string[], { printed, errorText }: CellOutput): string {
  const error = `Script error:\n${errorText}`
  const others = unprinted(seen, printed).map((text) => (text.startsWith(error) ? text.slice(error.length) : text))
  return others
    .filter((text) => text !== '')
    .join('\n')
    .replace(/^\n/, '')
}

/** The duration of a cell, and its output. */
type Cell = { readonly whole: { readonly start: number; readonly end: number }; readonly output: CellOutput }

/** Shows an entry of a cell in one line. */
function* showInside(entry: TimelineEntry, { whole, output }: Cell, context: ShowContext): Generator<string> {
  const { paint } = context
  const when = paint.dim(offset(entry, whole.start))
  const isSpan = entry.type === 'nested_call' || entry.type === 'wait'
  const drawn = isSpan ? bar(entry, whole) : ' '.repeat(bar(whole, whole).length)
  const time = (isSpan ? lasted(entry.start, entry.end) : '').padStart(8)
  yield `${margin}${when} ${paint.dim(drawn)} ${time}  ${wordsOf(entry, output, context)}`
}

function wordsOf(entry: TimelineEntry, cell: CellOutput, context: ShowContext): string {
  const { paint, isWhole, width } = context
  const short = { width: 30, isWhole }
  switch (entry.type) {
    case 'nested_call':
      return nestedCallWords(entry, context)
    case 'wait': {
      const outcome = oneLine(waitOutcome(entry, cell, context), {
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

function nestedCallWords(entry: TimelineEntry, { paint, isWhole, width, reader }: ShowContext): string {
  const { input, output, error } = reader.contentOf(entry)
  const { label, name: tool, server } = entry
  const name = oneLine(server === null || label !== tool ? label : `${server}: ${label}`, { width: 40, isWhole })
  const room = Math.max(24, width - besideWords - name.length)
  const inputText = oneLine(input ?? '', { width: Math.floor(room / 2), isWhole })
  const outcome = oneLine(error ?? output ?? '', { width: room - inputText.length, isWhole })
  return `${paint.strong(name)} ${inputText} ${error === null ? `→ ${outcome || paintedStatus(entry.status, paint)}` : paint.bad(`! ${outcome}`)}`
}

/**
 * Returns the response to a wait. A whole response leaves out what the cell printed and its error, which the lines below it
 * have.
 */
function waitOutcome(entry: TimelineEntry, cell: CellOutput, { isWhole, reader }: ShowContext): string {
  const { output, error } = reader.contentOf(entry)
  const whole = error ?? output ?? entry.status
  const status = /^Script [^\n]*(?=\nWall time [\d.]+ seconds\nOutput:)/.exec(whole)?.[0]
  const seen = reader.responseOf(entry)
  if (status === undefined || seen === null) return whole
  const text = isWhole ? modelText(seen.items, cell) : seen.items.join('\n')
  return text === '' && isWhole ? status : `${status}: ${text}`
}

/** The width of the columns before the text, with the indents of a thread and a turn. */
const besideWords = 58
