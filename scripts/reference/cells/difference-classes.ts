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
    without: (text) => text.replaceAll(/\n {4}at (?:new )?(?:\w+\.)*\w+ \(<anonymous>(?::\d+:\d+)?\)/g, ''),
  },
  {
    id: 'engine',
    without: (text) =>
      text
        .replaceAll(/\S[^\n]* is not iterable/g, '… is not iterable')
        .replaceAll(/(incompatible receiver) [^\n]*/g, '$1'),
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
  {
    id: 'lone-surrogates',
    // A program can catch the error of the reference without showing its text.
    matches: ({ source, theirs }) =>
      theirs.includes('unexpected end of hex escape') ||
      /\b(?:store|content|tools\.\w+)\([^\n]*\\ud[89ab]/.test(source),
  },
  { id: 'unconvertible-errors', matches: ({ theirs }) => theirs.includes('"refused":"timeout"') },
]

/** Returns the ids of the classes of a difference; null if it is in none. */
export function classesOf(cell: GeneratedCell, theirs: PlayedCell, ours: PlayedCell): readonly string[] | null {
  const difference = {
    source: cell.statements.join('\n'),
    theirs: JSON.stringify(theirs),
    ours: JSON.stringify(ours),
  }
  const whole = differenceClasses.find((each) => 'matches' in each && each.matches(difference))
  const textual = differenceClasses.filter((each) => 'without' in each)
  const isEqualWithout = (classes: typeof textual): boolean => written(theirs, classes) === written(ours, classes)
  const single = textual.find((each) => isEqualWithout([each]))
  if (single !== undefined) return [single.id]
  if (whole !== undefined) return [whole.id]
  if (!isEqualWithout(textual)) return null
  return textual.filter((each) => !isEqualWithout(textual.filter((other) => other !== each))).map(({ id }) => id)
}

function written(played: PlayedCell, classes: readonly { readonly without: (text: string) => string }[]): string {
  return JSON.stringify(played, (_, value: unknown) =>
    typeof value === 'string' ? classes.reduce((text, { without }) => without(text), value) : value,
  )
}
