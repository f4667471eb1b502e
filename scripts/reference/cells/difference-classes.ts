import type { GeneratedCell } from './generate-cell.ts'
import type { PlayedCell } from './play-cell.ts'

/** A known difference: a row of docs/compatibility.md, by its id. */
export type DifferenceClass = { readonly id: string } & (
  | {
      /** Returns a string without the difference. */
      readonly without: (text: string) => string
    }
  | {
      /** Returns whether the difference of a minimal cell is this one. */
      readonly matches: (difference: {
        readonly source: string
        readonly theirs: string
        readonly ours: string
      }) => boolean
    }
)

export const differenceClasses: readonly DifferenceClass[] = [
  {
    id: 'syntax-error-location',
    without: (text) => text.replaceAll(/(SyntaxError: [^\n]*)\n {4}at exec_main\.mjs:\d+:\d+(?=$|\n)/g, '$1'),
  },
  {
    id: 'frames',
    without: (text) => text.replaceAll(/\n {4}at (?:\w+\.)*\w+ \(<anonymous>(?::\d+:\d+)?\)/g, ''),
  },
  { id: 'resizable-buffers', matches: ({ source }) => source.includes('maxByteLength') },
  { id: 'garbage-collection', matches: ({ source }) => /\b(?:WeakRef|FinalizationRegistry)\b/.test(source) },
  // A timer against a result, or a wait against a further yield.
  {
    id: 'timing',
    matches: ({ source }) => source.includes('setTimeout') && /tools\.|yield_control/.test(source),
  },
  { id: 'source-imports', matches: ({ source }) => /^import (?:source|defer) /.test(source) },
  {
    id: 'typescript',
    matches: ({ theirs, ours }) =>
      theirs.includes('SyntaxError') && (ours.includes('TypeScript') || !ours.includes('SyntaxError')),
  },
  { id: 'input-objects', matches: ({ source, theirs }) => source.includes('tools.') && /"input":(?!\{)/.test(theirs) },
  { id: 'lone-surrogates', matches: ({ theirs }) => theirs.includes('unexpected end of hex escape') },
  { id: 'unconvertible-errors', matches: ({ theirs }) => theirs.includes('"refused":"timeout"') },
]

/** Returns the id of the class of a difference, or null. */
export function classOf(cell: GeneratedCell, theirs: PlayedCell, ours: PlayedCell): string | null {
  for (const each of differenceClasses) {
    if ('without' in each) {
      if (written(theirs, each.without) === written(ours, each.without)) return each.id
    } else if (
      each.matches({ source: cell.statements.join('\n'), theirs: JSON.stringify(theirs), ours: JSON.stringify(ours) })
    ) {
      return each.id
    }
  }
  return null
}

function written(played: PlayedCell, without: (text: string) => string): string {
  return JSON.stringify(played, (_, value: unknown) => (typeof value === 'string' ? without(value) : value))
}
