import { parseArgs } from 'node:util'
import { isRivalName, rivalNames, type RivalName } from './rival.ts'
import type { Workload } from './workload.ts'
import { workloads } from './workloads/workloads.ts'

/** The selection of a run. */
export type BenchOptions = {
  readonly workloads: readonly Workload[]
  readonly rivals: readonly RivalName[]
  readonly quick: boolean
  /** Whether the tables are written to `docs/performance.md` as well. */
  readonly write: boolean
}

/** Parses the command line. Throws `RangeError` for an unknown workload or rival. */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { rivals: { type: 'string' }, quick: { type: 'boolean' }, write: { type: 'boolean' } },
  })
  return {
    workloads: positionals.length === 0 ? workloads : positionals.map(workloadNamed),
    rivals: values.rivals === undefined ? rivalNames : values.rivals.split(',').map(checkedRival),
    quick: values.quick ?? false,
    write: values.write ?? false,
  }
}

function workloadNamed(name: string): Workload {
  const found = workloads.find((workload) => workload.name === name)
  if (found !== undefined) return found
  const known = workloads.map((workload) => workload.name).join(', ')
  throw new RangeError(`Cannot run workload "${name}": the workloads are ${known}`)
}

function checkedRival(name: string): RivalName {
  if (isRivalName(name)) return name
  throw new RangeError(`Cannot measure "${name}": the rivals are ${rivalNames.join(', ')}`)
}
