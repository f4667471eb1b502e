import type { ApprovalBatch, ApprovalRequest } from '../../session/api/approval.ts'
import type { ToolAnnotations } from '../../tools/tool.ts'
import { approvalGroups, type ApprovalGroup } from './approval-groups.ts'
import { shownInput, wholeInput } from './shown-input.ts'
import { foldedLine, sourceLines, visibleText } from './visible-text.ts'

export type CardOptions = {
  /**
   * Maximum columns per line.
   *
   * @default 100
   */
  readonly width?: number
  /**
   * Whether values are complete, at any length.
   *
   * @default false
   */
  readonly isWhole?: boolean
}

/** The shown part of a long program: lines in total, and lines around each calling line. */
const mostLines = 40
const linesAround = 3
const mostLineRows = 4

/**
 * Formats pending calls for the approver: the program with line numbers, and the calls in groups with tool, line and arguments. It
 * has every call with the structure of its whole input. Long values are shortened, and omissions are counted. The text is safe for a
 * terminal.
 *
 * @example
 * ```ts
 * await using session = await createSession({
 *   tools,
 *   approvals: {
 *     onBatch: (batch) => {
 *       console.log(approvalCard(batch))
 *       return { type: 'allow' }
 *     },
 *   },
 * })
 * ```
 */
export function approvalCard(batch: Pick<ApprovalBatch, 'source' | 'requests'>, options: CardOptions = {}): string {
  const groups = approvalGroups(batch.requests).map((group) => groupCard(group, batch.source, options))
  return [programCard(batch, options), ...groups].join('\n\n')
}

/** Formats the pending calls of several programs, one below the other. */
export function approvalCards(batches: readonly ApprovalBatch[]): string {
  return batches.map((batch) => approvalCard(batch)).join('\n\n')
}

/** Formats the program of a batch with marks at the calling lines. */
export function programCard(
  { source, requests }: Pick<ApprovalBatch, 'source' | 'requests'>,
  { width = 100, isWhole = false }: CardOptions = {},
): string {
  const lines = sourceLines(source.replace(/\r?\n$/, ''))
  const marked = new Set(requests.flatMap(({ location }) => location?.line ?? []))
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

/** Formats a group of calls: tool, hints, calling line, arguments. */
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

/** Returns the calling line, from shortly before the call when the call is far to the right. */
function callingRows({ line, requests: [first] }: ApprovalGroup, source: string, width: number): readonly string[] {
  const text = line === null ? undefined : sourceLines(source)[line - 1]
  if (text === undefined) return []
  const column = first?.location?.column ?? 1
  const part = column > mostLineRows * 20 ? `…${text.slice(column - 41)}` : text.trimStart()
  const label = `  ${line} | `
  return labelled(label, lineRows(part, { width: width - label.length, isWhole: false }))
}

type Room = { readonly width: number; readonly isWhole: boolean }

/** Returns the calling lines with those around them, or the beginning; in order, each once. */
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

/** Splits a line of source into pieces. A long line is truncated, with a count of the rest. */
function lineRows(line: string, { width, isWhole }: Room): readonly string[] {
  if (isWhole) return foldedLine(visibleText(line), width)
  // A line can have megabytes.
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

/** Returns the hints of a tool about its effects. They are claims of its author. */
function hintsText({ destructiveHint, readOnlyHint }: ToolAnnotations = {}): string {
  if (destructiveHint === true) return ' (destructive)'
  return readOnlyHint === true ? ' (read-only)' : ''
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
