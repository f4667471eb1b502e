import { join } from 'node:path'
import { textTable } from '../../terminal/text-table.ts'
import { printable } from '../../common/printable.ts'
import { aboutRuns, figureCells, figureNames, remarksOf } from './report-rows.ts'
import type { EvalSummary } from './summary.ts'

/** Returns the report for a terminal. `folder` is that of the results. */
export function textReport(summary: EvalSummary, folder: string): string {
  const { modes, tags, byTask, failures, currency } = summary
  const modeRows = modes.map((figures) => [figures.mode, ...figureCells(figures, currency)])
  const tagRows = tags.flatMap(({ tag, figures }) =>
    figures.map((each) => [tag, each.mode, ...figureCells(each, currency)]),
  )
  const taskRows = byTask.flatMap(({ task, figures }) =>
    figures.map((each) => [task, each.mode, ...figureCells(each, currency)]),
  )
  const failureLines = failures.flatMap(({ task, mode, repeat, status, reasons, trace }) => [
    printable(`${status}: ${task}, ${mode}, run ${repeat + 1}: ${reasons.join('; ')}`),
    ...(trace === null ? [] : [printable(`  codecell trace view ${join(folder, trace)}`)]),
  ])
  const sections = [
    [printable(aboutRuns(summary)), ...remarksOf(summary)],
    textTable([['mode', ...figureNames], ...modeRows]),
    tags.length === 0 ? [] : textTable([['tag', 'mode', ...figureNames], ...tagRows]),
    textTable([['task', 'mode', ...figureNames], ...taskRows]),
    failureLines,
  ]
  const shown = sections.filter((section) => section.length > 0).map((section) => section.join('\n'))
  return `${shown.join('\n\n')}\n`
}
