import { isQuickJs } from './engine.ts'

/** A difference of QuickJS that a test meets. */
type Difference = {
  readonly reason: string
  /** The number of its uses in tests. `scripts/check-tests.ts` compares it, so the differences do not grow unnoticed. */
  readonly uses: number
}

type DifferenceName = 'intl' | 'lines' | 'prints' | 'stacks' | 'words' | 'builtins' | 'syntax' | 'records'

/** The differences of QuickJS in the tests of both engines. Those that programs notice are in docs/engines.md. */
export const engineDifferences: Readonly<Record<DifferenceName, Difference>> = {
  intl: { reason: 'QuickJS has no Intl, and always the time zone UTC and the locale en-US', uses: 10 },
  stacks: { reason: 'stacks of QuickJS have no frames of eval(), of named sources, and of a full stack', uses: 8 },
  words: { reason: 'rare messages of errors are those of QuickJS', uses: 4 },
  builtins: { reason: 'builtins of QuickJS use setters of Array.prototype and the species of promises', uses: 3 },
  syntax: { reason: 'QuickJS parses HTML comments in modules as operators', uses: 2 },
  lines: { reason: 'QuickJS also starts a line after U+2028 and U+2029, which locations do not consider', uses: 1 },
  prints: { reason: 'a cell on QuickJS resumes only under its print', uses: 3 },
  records: { reason: 'sessions of earlier versions have V8, and commands name no other engine', uses: 2 },
}

/** Returns rows of a test that holds for V8 only; none with QuickJS. */
export function forV8<Row>(_difference: DifferenceName, rows: readonly Row[]): readonly Row[] {
  return isQuickJs ? [] : rows
}

/** Returns the value for the engine of the tests. */
export function perEngine<V8, QuickJs>(_difference: DifferenceName, v8: V8, quickJs: QuickJs): V8 | QuickJs {
  return isQuickJs ? quickJs : v8
}
