import type { Baseline } from '../../src/host/quickjs/baseline.ts'
import { deepSources, deepValues, recursionShapes } from './recursion-shapes.ts'
import { cellOf } from './vm-cell.ts'

/** How the programs of `recursion-shapes.ts` end, by their names. */
export type RecursionEnds = Readonly<Record<'shapes' | 'values' | 'sources', Readonly<Record<string, string>>>>

/** Runs all recursive and deep programs on this thread. */
export function recursionEnds(baseline: Baseline): RecursionEnds {
  return {
    shapes: endsOf(recursionShapes, baseline),
    values: endsOf(deepValues, baseline),
    sources: endsOf(deepSources, baseline),
  }
}

function endsOf(programs: Readonly<Record<string, string>>, baseline: Baseline): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(programs).map(([name, source]) => [name, endOf(source, baseline)]))
}

/** Returns the type of the end of a program, with the first words of its error. */
function endOf(source: string, baseline: Baseline): string {
  const cell = cellOf(source, { baseline, memoryMb: 256, tools: ['add'] })
  if (cell.compiled.type !== 'ready') return cell.compiled.type
  const end = cell.run()
  if (end.type !== 'waiting' && end.type !== 'rejected') return `${end.type}: ${'cause' in end ? end.cause : ''}`
  return /^(?:completed|failed [^\n]*)/.exec(cell.lines.at(-1) ?? '')?.[0] ?? 'waiting'
}
