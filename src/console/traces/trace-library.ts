import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { CellReport } from '../../storage/disk/session-report.ts'
import type { TracePrices } from '../../trace/view/prices.ts'
import type { CellOutput } from '../api.ts'
import { TracedBundle, type TracedCell } from './traced-bundle.ts'

/** The latest bundles that are read. */
const maxBundles = 200
const rescanMs = 2000

/** The difference between the times of a cell in its session and in its trace, in milliseconds. */
const maxDriftMs = 5000

/** A cell in a bundle. */
export type FoundTrace = { readonly bundle: TracedBundle; readonly cell: TracedCell }

/** The trace bundles of a folder. */
export class TraceLibrary {
  readonly #root: string
  readonly #prices: TracePrices | null
  #bundles: ReadonlyMap<string, TracedBundle> = new Map()
  #scannedAt = -Infinity

  constructor(root: string, prices: TracePrices | null) {
    this.#root = root
    this.#prices = prices
  }

  /** Returns the bundles, the newest first. */
  bundles(): readonly TracedBundle[] {
    if (performance.now() - this.#scannedAt >= rescanMs) this.#scan()
    return [...this.#bundles.values()]
  }

  find(name: string): TracedBundle | null {
    return this.bundles().find((bundle) => bundle.name === name) ?? null
  }

  /** Returns the trace of a cell of a session. Bundles do not name sessions, so cells are compared by id, source and time. */
  traceOf({ cellId, source, startedAt }: Pick<CellReport, 'cellId' | 'source' | 'startedAt'>): FoundTrace | null {
    for (const bundle of this.bundles()) {
      const cell = bundle
        .cells()
        .find(
          (each) =>
            each.cellId === cellId && Math.abs(each.at - startedAt) <= maxDriftMs && source.endsWith(each.source),
        )
      if (cell !== undefined) return { bundle, cell }
    }
    return null
  }

  /** Returns the output in a trace, and whether it is all. */
  outputOf({ bundle, cell }: FoundTrace): { readonly items: readonly CellOutput[]; readonly isComplete: boolean } {
    return bundle.outputOf(cell)
  }

  #scan(): void {
    this.#scannedAt = performance.now()
    const found = namesIn(this.#root)
      .map((name) => ({ name, directory: name === '' ? this.#root : join(this.#root, name) }))
      .map((each) => ({ ...each, at: manifestTime(each.directory) }))
      .filter(({ at }) => at > 0)
      .toSorted((left, right) => right.at - left.at)
      .slice(0, maxBundles)
    this.#bundles = new Map(
      found.map(({ name, directory }) => [
        name,
        this.#bundles.get(name) ?? new TracedBundle(name === '' ? 'bundle' : name, directory, this.#prices),
      ]),
    )
  }
}

/** Returns the names of folders; the empty name is the folder itself, which can be a bundle. */
function namesIn(root: string): readonly string[] {
  try {
    const entries = readdirSync(root, { withFileTypes: true })
    return ['', ...entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)]
  } catch {
    // It is created with the first trace.
    return []
  }
}

function manifestTime(directory: string): number {
  try {
    return statSync(join(directory, 'manifest.json'), { throwIfNoEntry: false })?.mtimeMs ?? 0
  } catch {
    // A folder that cannot be read has no bundle for the console.
    return 0
  }
}
