import { bare } from './bare.ts'
import { ours, oursStrict } from './ours.ts'
import { reference } from './reference.ts'
import type { Rival } from './rival.ts'
import { run } from './run.ts'
import { utcp } from './utcp.ts'

/** In the order of the columns. The first is what the ratios refer to. */
export const allRivals: readonly Rival[] = [ours, oursStrict, reference, utcp, run, bare]

/** Throws `RangeError` for a name that no rival has. */
export function rivalNamed(name: string): Rival {
  const found = allRivals.find((rival) => rival.name === name)
  if (found !== undefined) return found
  throw new RangeError(`Cannot measure "${name}": the rivals are ${allRivals.map((rival) => rival.name).join(', ')}`)
}
