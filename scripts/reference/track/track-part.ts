import { messageOf } from '../../../src/errors.ts'
import type { Reference } from '../install-reference.ts'
import { compareFacts } from './compare-facts.ts'
import type { Change, Facts, PartReport } from './facts.ts'

/** A part of the reference that can be observed. */
export type Part = {
  readonly name: string
  readonly title: string
  /** Whether facts can depend on time. Such facts are collected again if they differ. */
  readonly isTimed: boolean
  /** Collects the facts of a version, or only some of them. */
  readonly collect: (reference: Reference, only: ReadonlySet<string> | null) => Promise<Facts>
}

export type Versions = { readonly pinned: Reference; readonly next: Reference }

/** Maximum number of runs that decide whether a fact differs. */
const maxRuns = 3

/**
 * Collects the facts of a part from both versions and compares them. Facts that differ are collected again: a fact that
 * depends on time changes only if no run of the one version had the value of a run of the other.
 */
export async function trackPart(
  part: Part,
  { pinned, next }: Versions,
  onFacts: (reference: Reference, facts: Facts) => void = () => undefined,
): Promise<PartReport> {
  const { name, title } = part
  try {
    const first = [await part.collect(pinned, null), await part.collect(next, null)] as const
    onFacts(pinned, first[0])
    onFacts(next, first[1])
    const runs = [first]
    let changes = steadyChanges(runs)
    while (part.isTimed && changes.length > 0 && runs.length < maxRuns) {
      const names = new Set(changes.map((change) => change.name))
      runs.push([await part.collect(pinned, names), await part.collect(next, names)])
      changes = steadyChanges(runs)
    }
    const differing = compareFacts(...first).map((change) => change.name)
    const repeated = differing.filter((each) => !changes.some((change) => change.name === each))
    const all = new Set([...Object.keys(first[0]), ...Object.keys(first[1])]).size
    return { part: name, title, equal: all - changes.length, repeated, changes, failure: null }
  } catch (error) {
    return { part: name, title, equal: 0, repeated: [], changes: [], failure: messageOf(error) }
  }
}

/** Returns the changes that every run of the one version has against every run of the other. */
function steadyChanges(runs: readonly (readonly [Facts, Facts])[]): readonly Change[] {
  const [[first, second] = [{}, {}]] = runs
  return compareFacts(first, second).filter(({ name }) => {
    const differ = (one: Facts, other: Facts): boolean => compareFacts(only(one, name), only(other, name)).length > 0
    return runs.every(([one]) => runs.every(([, other]) => differ(one, other)))
  })
}

function only(facts: Facts, name: string): Facts {
  return Object.hasOwn(facts, name) ? { [name]: facts[name] } : {}
}
