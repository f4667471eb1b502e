import { printable } from '../../common/printable.ts'
import { aboutRuns, figureCells, figureNames, remarksOf } from './report-rows.ts'
import type { EvalSummary } from './summary.ts'

/** Returns the report as Markdown. */
export function markdownReport(summary: EvalSummary): string {
  const { modes, tags, byTask, failures, currency } = summary
  const sections = [
    '# Evaluation',
    escaped(aboutRuns(summary)),
    remarksOf(summary).map(escaped).join(' '),
    table(
      ['mode', ...figureNames],
      modes.map((figures) => [figures.mode, ...figureCells(figures, currency)]),
    ),
    ...(tags.length === 0
      ? []
      : [
          '## By tag',
          table(
            ['tag', 'mode', ...figureNames],
            tags.flatMap(({ tag, figures }) => figures.map((each) => [tag, each.mode, ...figureCells(each, currency)])),
          ),
        ]),
    '## By task',
    table(
      ['task', 'mode', ...figureNames],
      byTask.flatMap(({ task, figures }) => figures.map((each) => [task, each.mode, ...figureCells(each, currency)])),
    ),
    ...(failures.length === 0
      ? []
      : [
          '## Runs that did not pass',
          table(
            ['task', 'mode', 'run', 'end', 'reason', 'trace'],
            failures.map(({ task, mode, repeat, status, reasons, trace }) => [
              task,
              mode,
              String(repeat + 1),
              status,
              reasons.join('; '),
              trace ?? '-',
            ]),
          ),
        ]),
  ]
  return `${sections.join('\n\n')}\n`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows.map((row) => row.map(escaped))]
  return lines.map((row) => `| ${row.join(' | ')} |`).join('\n')
}

/** Returns text that Markdown shows as it is: reasons contain texts of models and servers. */
function escaped(text: string): string {
  return printable(text).replaceAll(/[\\`*_{}[\]<>#|~]/g, String.raw`\$&`)
}
