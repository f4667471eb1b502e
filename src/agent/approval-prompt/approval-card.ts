import type { ApprovalBatch, ApprovalRequest } from '../../session/api/approval.ts'
import type { ToolAnnotations } from '../../tools/tool.ts'
import { approvalGroups, type ApprovalGroup } from './approval-groups.ts'
import { shownInput, wholeInput } from './shown-input.ts'
import { foldedLine, sourceLines, visibleText } from './visible-text.ts'

export type CardOptions = {
  /** Longest line, in columns. Default: 100. */
  readonly width?: number
  /** Leaves nothing of the values out either, however long it gets. Default: no. */
  readonly isWhole?: boolean
}

/** What of a program is shown when it is long: this many lines, and so many around each line that calls. */
const mostLines = 40
const linesAround = 3
const mostLineRows = 4

/**
 * What a person reads before deciding about calls that wait: the program with its lines numbered, and the calls in groups with
 * tool, line and arguments. Every call is there, with the structure of its whole input; long values are shortened, and what is left
 * out is counted. Plain text; nothing in it can speak to a terminal.
 */
export function approvalCard(batch: Pick<ApprovalBatch, 'source' | 'requests'>, options: CardOptions = {}): string {
  const groups = approvalGroups(batch.requests).map((group) => groupCard(group, batch.source, options))
  return [programCard(batch, options), ...groups].join('\n\n')
}

/** The same of the calls of several programs, one below the other. */
export function approvalCards(batches: readonly ApprovalBatch[]): string {
  return batches.map((batch) => approvalCard(batch)).join('\n\n')
}

/** The program of a batch, with a mark at the lines that call. */
export function programCard(
  { source, requests }: Pick<ApprovalBatch, 'source' | 'requests'>,
  { width = 100, isWhole = false }: CardOptions = {},
): string {
  const lines = sourceLines(source.replace(/\r?\n$/, ''))
  const marked = new Set(requests.flatMap(({ location: place }) => place?.line ?? []))
  const shown = isWhole ? lines.map((_, index) => index + 1) : chosenLines(lines.length, marked)
  const digits = String(lines.length).length
  const rows: string[] = []
  let last = 0
  for (const number of [...shown, lines.length + 1]) {
    if (number > last + 1) rows.push(`${' '.repeat(digits + 3)}… ${counted(number - last - 1, 'more line')}`)
    last = number
    const line = lines[number - 1]
    if (line === undefined) break
    const gutter = `${marked.has(number) ? '>' : ' '} ${String(number).padStart(digits)} | `
    rows.push(...labelled(gutter, lineRows(line, { width: width - gutter.length, isWhole })))
  }
  return ['The program:', ...rows].join('\n')
}

/** One group of calls: tool, hints, the line that calls, arguments. */
export function groupCard(
  group: ApprovalGroup,
  source: string,
  { width = 100, isWhole = false }: CardOptions = {},
): string {
  const { requests } = group
  const calls = requests.flatMap((request, index) => {
    const label = requests.length === 1 ? '  ' : `  ${index + 1}. `
    return labelled(label, inputRows(request, { width: width - label.length, isWhole }))
  })
  const heading = `${group.title}${hintsText(requests[0]?.tool.annotations)}`
  return [heading, ...callingRows(group, source, width), ...calls].join('\n')
}

/** The line that calls, from shortly before the call when that is far to the right. */
function callingRows({ line, requests: [first] }: ApprovalGroup, source: string, width: number): readonly string[] {
  const text = line === null ? undefined : sourceLines(source)[line - 1]
  if (text === undefined) return []
  const column = first?.location?.column ?? 1
  const part = column > mostLineRows * 20 ? `…${text.slice(column - 41)}` : text.trimStart()
  const label = `  ${line} | `
  return labelled(label, lineRows(part, { width: width - label.length, isWhole: false }))
}

type Room = { readonly width: number; readonly isWhole: boolean }

/** The lines that call with those around them, or the beginning; in order, each once. */
function chosenLines(count: number, marked: ReadonlySet<number>): readonly number[] {
  const all = Array.from({ length: count }, (_, index) => index + 1)
  if (count <= mostLines) return all
  const near = new Set(
    [...marked].flatMap((line) =>
      Array.from({ length: 2 * linesAround + 1 }, (_, index) => line - linesAround + index),
    ),
  )
  const chosen = marked.size === 0 ? all : all.filter((line) => near.has(line))
  return chosen.slice(0, mostLines)
}

/** A line of source in pieces; a long one is cut, and then what is missing is counted. */
function lineRows(line: string, { width, isWhole }: Room): readonly string[] {
  if (isWhole) return foldedLine(visibleText(line), width)
  // A line of megabytes is not looked at to its end.
  const looked = line.slice(0, mostLineRows * width)
  const rows = foldedLine(visibleText(looked), width)
  if (looked.length === line.length && rows.length <= mostLineRows) return rows
  const kept = rows.slice(0, mostLineRows - 1)
  const left = line.length - looked.length + rows.slice(kept.length).join('').length
  return [...kept, `… ${counted(left, 'more character')}`]
}

function inputRows({ input }: ApprovalRequest, { width, isWhole }: Room): readonly string[] {
  const { text } = isWhole ? wholeInput(input, { width }) : shownInput(input, { width })
  return rowsOf(text, width)
}

function rowsOf(text: string, width: number): readonly string[] {
  return text.split('\n').flatMap((row) => foldedLine(visibleText(row), width))
}

function labelled(label: string, rows: readonly string[]): readonly string[] {
  return rows.map((row, index) => `${index === 0 ? label : ' '.repeat(label.length)}${row}`)
}

/** What a tool says about its effects: claims of whoever wrote it. */
function hintsText({ destructiveHint, readOnlyHint }: ToolAnnotations = {}): string {
  if (destructiveHint === true) return ' (destructive)'
  return readOnlyHint === true ? ' (read-only)' : ''
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
