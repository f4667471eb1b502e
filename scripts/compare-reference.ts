import { fileURLToPath } from 'node:url'
import { createHostPool } from '../src/index.ts'
import type { Adapter } from '../test/conformance/adapter.ts'
import type { ConformanceCase } from '../test/conformance/case.ts'
import { createCodecellAdapter } from '../test/conformance/codecell-adapter.ts'
import { loadCases } from '../test/conformance/load-cases.ts'
import { missingCapability, runCase, type CaseResult } from '../test/conformance/run-case.ts'
import { timeFactorOf } from '../test/conformance/time-factor.ts'
import { firstDifference } from './reference/difference.ts'
import { installReference } from './reference/install-reference.ts'
import { createReferenceAdapter } from './reference/reference-adapter.ts'

// Runs the conformance cases on the stand-alone host of the reference and on codecell, and prints the differences.
// Arguments select cases by id. The exit status is 1 if codecell fails one of them.

const cacheFolder = fileURLToPath(new URL('../node_modules/.cache/codecell-reference', import.meta.url))
const tolerance = { timeFactor: timeFactorOf(process.env) }

type Compared = { readonly conformanceCase: ConformanceCase; readonly reference: CaseResult; readonly ours: CaseResult }

const reference = createReferenceAdapter(await installReference(cacheFolder))
const hosts = createHostPool()
const ours = createCodecellAdapter(hosts)
const cases = selectCases(process.argv.slice(2))
const compared: Compared[] = []
for (const conformanceCase of cases) {
  compared.push({
    conformanceCase,
    reference: await play(conformanceCase, reference),
    ours: await play(conformanceCase, ours),
  })
}
await hosts[Symbol.asyncDispose]()
await reference[Symbol.asyncDispose]()

const rows = compared.flatMap(rowOf)
console.log(`${cases.length} cases that both can run, ${rows.length} with a difference (reference, ours)\n`)
for (const row of [['case', 'case file', 'reference', 'ours', 'first difference'], ...rows]) console.log(columns(row))

const failures = compared.filter((each) => each.ours.type === 'failed')
if (failures.length > 0) process.exitCode = 1

/** Returns the cases that both can run; slow ones only if they are selected. */
function selectCases(ids: readonly string[]): readonly ConformanceCase[] {
  const all = loadCases()
  const unknown = ids.find((id) => !all.some((each) => each.id === id))
  if (unknown !== undefined) throw new RangeError(`Cannot run case "${unknown}": unknown case`)
  return all.filter((each) => {
    if (ids.length > 0 ? !ids.includes(each.id) : each.slow) return false
    return [reference, ours].every(({ provides }) => missingCapability(each, provides) === null)
  })
}

async function play(conformanceCase: ConformanceCase, adapter: Adapter): Promise<CaseResult> {
  return await runCase(conformanceCase, adapter, tolerance)
}

/** Returns the row of a case in the table, or nothing if both results are equal and as the case file states. */
function rowOf(each: Compared): readonly (readonly string[])[] {
  const { id, reference: known } = each.conformanceCase
  const difference = differenceOf(each)
  const isKnown = known.status === 'not-runnable' || (known.status === 'defect') === (each.reference.type === 'failed')
  if (difference === null && each.reference.type === each.ours.type && isKnown) return []
  return [
    [
      id,
      known.status + (isKnown ? '' : ' (not as seen now)'),
      verdict(each.reference),
      verdict(each.ours),
      difference ?? '',
    ],
  ]
}

function differenceOf({
  conformanceCase,
  reference: { outcomes: theirs, ...their },
  ours: { outcomes, ...our },
}: Compared): string | null {
  if (our.type === 'failed') return our.problem
  // The winner of a race is not a difference.
  if (conformanceCase.variants.length > 1) return null
  const difference = firstDifference(theirs, outcomes.slice(0, theirs.length), 'step')
  return difference ?? (their.type === 'failed' ? their.problem : null)
}

function verdict({ type }: CaseResult): string {
  return type === 'passed' ? 'passes' : 'fails'
}

function columns([id = '', status = '', theirs = '', our = '', difference = '']: readonly string[]): string {
  return [id.padEnd(8), status.padEnd(12), theirs.padEnd(9), our.padEnd(6), difference].join('  ')
}
