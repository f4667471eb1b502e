import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { createHostPool } from '../src/index.ts'
import type { ConformanceCase } from '../test/conformance/case.ts'
import { createCodecellAdapter } from '../test/conformance/codecell-adapter.ts'
import { loadCases } from '../test/conformance/load-cases.ts'
import { missingCapability } from '../test/conformance/run-case.ts'
import { compareCase, isDifferent, type ComparedCase } from './reference/compared-case.ts'
import { installReference } from './reference/install-reference.ts'
import { createReferenceAdapter } from './reference/reference-adapter.ts'
import { measureShortYields } from './reference/short-yields.ts'

// Runs the conformance cases on the stand-alone host of the reference and on codecell, and prints the differences:
//   npm run compare:reference -- CM-J25 --json results.json
// Arguments select cases by id. The exit status is 1 if codecell fails one of them.

const { values: options, positionals: ids } = parseArgs({
  allowPositionals: true,
  options: {
    /** Writes the results to this file. */
    json: { type: 'string' },
    /** Counts the output of cells with short yield times on a busy machine. */
    yields: { type: 'boolean', default: false },
    /** The host of the reference; by default the pinned version is installed. */
    reference: { type: 'string' },
  },
})

const reference = createReferenceAdapter(options.reference ?? (await installReference()).host)
const hosts = createHostPool()
const codecell = createCodecellAdapter(hosts)

const selected = selectCases()
const cases: ComparedCase[] = []
for (const each of selected) cases.push(await compareCase(each, { reference, codecell }))
const yields = options.yields ? await measureShortYields({ reference, codecell }) : []
await hosts[Symbol.asyncDispose]()
await reference[Symbol.asyncDispose]()

printCases()
for (const each of yields) {
  console.log(
    `yield time ${each.yieldMs} ms: ${each.reference} and ${each.codecell} of ${each.cells} responses have the output`,
  )
}
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify({ cases, yields }, null, 2)}\n`)
if (cases.some((each) => each.codecell === 'fails')) process.exitCode = 1

/** Returns the cases that both can run; slow ones only if they are selected. */
function selectCases(): readonly ConformanceCase[] {
  const all = loadCases()
  const unknown = ids.find((id) => !all.some((each) => each.id === id))
  if (unknown !== undefined) throw new RangeError(`Cannot run case "${unknown}": unknown case`)
  return all.filter((each) => {
    if (ids.length > 0 ? !ids.includes(each.id) : each.slow) return false
    return [reference, codecell].every(({ provides }) => missingCapability(each, provides) === null)
  })
}

function printCases(): void {
  const rows = cases.filter(isDifferent).map((each) => {
    const status = each.known + (each.isAsKnown ? '' : ' (not as seen now)')
    return [each.id, status, each.reference, each.codecell, each.difference ?? '']
  })
  console.log(`${cases.length} cases that both can run, ${rows.length} with a difference (reference, codecell)\n`)
  const head = ['case', 'case file', 'reference', 'codecell', 'first difference']
  for (const row of [head, ...rows]) console.log(columns(row))
}

function columns([id = '', status = '', theirs = '', ours = '', difference = '']: readonly string[]): string {
  return [id.padEnd(8), status.padEnd(12), theirs.padEnd(9), ours.padEnd(8), difference].join('  ')
}
