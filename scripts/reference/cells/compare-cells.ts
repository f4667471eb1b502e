import type { Adapter } from '../../../test/conformance/adapter.ts'
import { firstDifference } from '../difference.ts'
import { classesOf } from './difference-classes.ts'
import { generateCell, type GeneratedCell } from './generate-cell.ts'
import { playCell, type PlayedCell } from './play-cell.ts'

/** A difference that no row of docs/compatibility.md describes, and the smallest cell that has it. */
type UnlistedDifference = {
  readonly seed: number
  readonly source: string
  readonly maxTokens: number | null
  readonly difference: string
}

export type ComparedCells = {
  readonly seed: number
  readonly count: number
  /** The number of differences by the id of their row in docs/compatibility.md. */
  readonly classes: Readonly<Record<string, number>>
  readonly unlisted: readonly UnlistedDifference[]
}

type Adapters = { readonly reference: Adapter; readonly codecell: Adapter }
type Difference = { readonly theirs: PlayedCell; readonly ours: PlayedCell; readonly text: string }

/** A difference of times disappears when a cell runs again. */
const maxRuns = 3
const maxDifferencesPerCell = 4

/** Runs generated cells on both, and assigns each difference to a class. The cells are those of `seed` and of the numbers after it. */
export async function compareCells(adapters: Adapters, seed: number, count: number): Promise<ComparedCells> {
  const classes: Record<string, number> = {}
  const unlisted: UnlistedDifference[] = []
  for (let at = seed; at < seed + count; at++) {
    for (const found of await differencesOf(generateCell(at), adapters)) {
      if (typeof found === 'string') classes[found] = (classes[found] ?? 0) + 1
      else unlisted.push({ seed: at, ...found })
    }
  }
  return { seed, count, classes, unlisted }
}

/** Returns the classes of all differences of a cell; the last one can be unlisted. */
async function differencesOf(
  cell: GeneratedCell,
  adapters: Adapters,
): Promise<readonly (string | Omit<UnlistedDifference, 'seed'>)[]> {
  const found: string[] = []
  let rest = cell
  for (let round = 0; round < maxDifferencesPerCell; round++) {
    if ((await differenceOf(rest, adapters)) === null) return found
    const smallest = await reduced(rest, adapters)
    const difference = await differenceOf(smallest, adapters)
    if (difference === null) return found
    const ids = classesOf(smallest, difference.theirs, difference.ours)
    if (ids === null) {
      const { statements, maxTokens } = smallest
      return [...found, { source: statements.join('\n'), maxTokens, difference: difference.text }]
    }
    found.push(...ids)
    // The other statements can have further differences.
    const statements = rest.statements.filter((statement) => !smallest.statements.includes(statement))
    if (statements.length === 0) return found
    rest = { statements, maxTokens: rest.maxTokens }
  }
  return found
}

/** Removes the truncation and statements as long as the cell has a difference. */
async function reduced(cell: GeneratedCell, adapters: Adapters): Promise<GeneratedCell> {
  let smallest = cell
  const whole = { ...cell, maxTokens: null }
  if (cell.maxTokens !== null && (await differenceOf(whole, adapters)) !== null) smallest = whole
  for (const statement of cell.statements) {
    const statements = smallest.statements.filter((each) => each !== statement)
    const smaller = { ...smallest, statements }
    if (statements.length > 0 && (await differenceOf(smaller, adapters)) !== null) smallest = smaller
  }
  return smallest
}

async function differenceOf(cell: GeneratedCell, { reference, codecell }: Adapters): Promise<Difference | null> {
  let last: Difference | null = null
  for (let run = 0; run < maxRuns; run++) {
    const theirs = await playCell(cell, reference)
    const ours = await playCell(cell, codecell)
    const text = firstDifference(theirs, ours)
    if (text === null) return null
    last = { theirs, ours, text }
  }
  return last
}
