import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import {
  exportChromeTrace,
  exportJsonLines,
  exportOtlp,
  makeViewData,
  openTraceBundle,
  reduceTrace,
  showTrace,
} from '../../../src/trace.ts'
import { spansOf, type ReceivedSpan } from '../../otel/receiver.ts'

/** The printed items of a cell by its own log, which this file reads without the code of the exports. */
export type LoggedCell = {
  readonly cellId: string
  readonly printed: readonly string[]
  readonly notified: readonly string[]
}

type Line = {
  readonly type: string
  readonly cell_id?: string
  readonly event?: { readonly type: string; readonly body?: string }
}

export function loggedCells(directory: string): readonly LoggedCell[] {
  const names = readdirSync(join(directory, 'cells')).filter((name) => name.endsWith('.jsonl'))
  return names.map((name) => {
    const text = readFileSync(join(directory, 'cells', name), 'utf8')
    const lines = text.split('\n').flatMap((line): Line[] => (line === '' ? [] : [JSON.parse(line)]))
    const events = lines.flatMap(({ event }) => (event === undefined ? [] : [event]))
    return {
      cellId: lines[0]?.cell_id ?? '',
      printed: events.flatMap(({ type, body = '' }) =>
        type === 'text' ? [body] : type === 'image' || type === 'audio' ? [`[${type} ${body}]`] : [],
      ),
      notified: events.flatMap(({ type, body = '' }) => (type === 'notify' ? [body] : [])),
    }
  })
}

/** Returns what `trace show --full` and each export have as the output of a cell. */
function shownOutputs(
  directory: string,
  cellId: string,
): {
  readonly show: string
  readonly jsonl: string
  readonly chrome: string
  readonly otlp: string
  readonly view: string
} {
  const bundle = openTraceBundle(directory)
  const state = reduceTrace(bundle.manifest, bundle.events(), bundle.payloads)
  const lines = [...showTrace(state, bundle, { full: true, cell: cellId })]
  const rows = Array.from(exportJsonLines(state, bundle), (line) => JSON.parse(line))
  const row = rows.find(({ type, cell }) => type === 'cell' && cell === cellId)
  const bar = exportChromeTrace(state, bundle).traceEvents.find(
    ({ name, ph }) => ph === 'X' && name === `cell ${cellId}`,
  )
  const spans = [...exportOtlp(state, bundle, { content: true })].flatMap((request) =>
    spansOf(JSON.parse(JSON.stringify(request))),
  )
  const span = spans.find(
    ({ name, attributes }) =>
      name === 'execute_tool exec' &&
      attributes.some(({ key, value }) => key === 'codecell.cell.id' && value['stringValue'] === cellId),
  )
  const textOf = (attributes: ReceivedSpan['attributes'], name: string): string => {
    const value = attributes.find(({ key }) => key === name)?.value['stringValue']
    return typeof value === 'string' ? value : ''
  }
  const parts = (span?.events ?? []).filter(({ name }) => name === 'codecell.output')
  const viewCell = makeViewData(bundle).cells.find(({ id }) => id === row?.id)
  return {
    show: lines.flatMap((line) => /^ {11}> (.*)$/.exec(line)?.slice(1) ?? []).join('\n'),
    jsonl: row?.output ?? '',
    chrome: String(bar?.args?.['output'] ?? ''),
    otlp:
      parts.length === 0
        ? textOf(span?.attributes ?? [], 'gen_ai.tool.call.result')
        : parts.map(({ attributes }) => textOf(attributes, 'codecell.text')).join('\n'),
    view: viewCell?.printed?.text ?? '',
  }
}

/** The length of the previews of the viewer that is checked. */
const maxPreview = 1000

/** Checks that everything that the cells of a bundle printed is in `trace show --full` and in each export, once. */
export function expectPrintedEverywhere(directory: string): void {
  const bundle = openTraceBundle(directory)
  const state = reduceTrace(bundle.manifest, bundle.events(), bundle.payloads)
  const full = [...showTrace(state, bundle, { full: true })].join('\n')
  const rows = [...exportJsonLines(state, bundle)].join('\n')
  const chrome = JSON.stringify(exportChromeTrace(state, bundle))
  for (const { cellId, printed, notified } of loggedCells(directory)) {
    const output = printed.join('\n')
    // The page shows media by their kind, and previews of long texts.
    const preview = output.replaceAll(/\[(image|audio) [^\]]*\]/g, '[$1]').slice(0, maxPreview)
    const { show, view, ...exports } = shownOutputs(directory, cellId)
    const { jsonl, chrome: bar, otlp } = exports
    expect([cellId, jsonl, bar, otlp].map(brief)).toEqual([cellId, output, output, output].map(brief))
    // A line end at the end of the output makes no line.
    expect(brief(show)).toBe(brief(output.replace(/\n$/, '')))
    expect(withoutBlankLines(view).startsWith(withoutBlankLines(preview))).toBe(true)
    for (const text of notified)
      expect([full, rows, chrome].map((all) => all.includes(text))).toEqual([true, true, true])
  }
}

/** Makes failures readable. */
function brief(text: string): string {
  return text.replaceAll(/(.)\1{20,}/g, (run) => `${run.slice(0, 1)}*${run.length}`)
}

/** Parts that end with a line end are joined without another one. */
function withoutBlankLines(text: string): string {
  return text.replaceAll(/\n+/g, '\n').trim()
}
