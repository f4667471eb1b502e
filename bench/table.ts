import type { Rival } from './rivals/rival.ts'
import type { Summary } from './statistics.ts'

type Row = { readonly id: string; readonly title: string; readonly unit: string; readonly better: 'less' | 'more' }

/** A Markdown table: medians, and for each rival in brackets how many times ours is better (below 1: worse). */
export function table(
  rivals: readonly Rival[],
  rows: readonly Row[],
  results: ReadonlyMap<string, ReadonlyMap<string, Summary>>,
): string {
  const first = rivals[0]?.name ?? ''
  const head = ['workload', 'unit', ...rivals.map(({ name }) => name)]
  const lines = rows.map((row) => {
    const measured = results.get(row.id)
    const ours = measured?.get(first)
    const cells = rivals.map(({ name }) => cell(row, measured?.get(name), name === first ? undefined : ours))
    return [row.title, row.unit, ...cells]
  })
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function cell({ better }: Row, value: Summary | undefined, ours: Summary | undefined): string {
  if (value === undefined) return '–'
  const shown = rounded(value.p50)
  if (ours === undefined)
    return value.p95 > value.p50 * 1.05 ? `**${shown}** (p95 ${rounded(value.p95)})` : `**${shown}**`
  const ratio = better === 'less' ? value.p50 / ours.p50 : ours.p50 / value.p50
  return `${shown} (${ratio.toFixed(ratio < 10 ? 2 : 0)}×)`
}

function rounded(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
}
