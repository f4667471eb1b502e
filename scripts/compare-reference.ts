import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { createHostPool } from '../src/index.ts'
import type { ConformanceCase } from '../test/conformance/case.ts'
import { createCodecellAdapter } from '../test/conformance/codecell-adapter.ts'
import { loadCases } from '../test/conformance/load-cases.ts'
import { missingCapability } from '../test/conformance/run-case.ts'
import { compareCells, type ComparedCells } from './reference/cells/compare-cells.ts'
import { compareCase, isDifferent, type ComparedCase } from './reference/compared-case.ts'
import { installReference } from './reference/install-reference.ts'
import { createReferenceAdapter } from './reference/reference-adapter.ts'
import { measureShortYields } from './reference/short-yields.ts'

// Runs the conformance cases on the stand-alone host of the reference and on codecell, and prints the differences:
//   npm run compare:reference -- CM-J25 --json results.json
// Arguments select cases by id, and leave out the generated cells. The exit status is 1 if codecell fails a case, or if a generated
// cell has a difference that docs/compatibility.md does not list.

const { values: options, positionals: ids } = parseArgs({
  allowPositionals: true,
  options: {
    /** The number of generated cells. */
    cells: { type: 'string' },
    /** The number of the first generated cell; by default another one in each run. */
    seed: { type: 'string' },
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
const count = Number(options.cells ?? (ids.length === 0 ? 500 : 0))
const seed = Number(options.seed ?? Date.now() % 1_000_000)
const cells = await compareCells({ reference, codecell }, seed, count)
const yields = options.yields ? await measureShortYields({ reference, codecell }) : []
await hosts[Symbol.asyncDispose]()
await reference[Symbol.asyncDispose]()

printCases()
if (count > 0) printCells(cells)
for (const each of yields) {
  console.log(
    `yield time ${each.yieldMs} ms: ${each.reference} and ${each.codecell} of ${each.cells} responses have the output`,
  )
}
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify({ cases, cells, yields }, null, 2)}\n`)
if (cases.some((each) => each.codecell === 'fails') || cells.unlisted.length > 0) process.exitCode = 1

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

function printCells({ classes, unlisted }: ComparedCells): void {
  console.log(
    `\n${count} generated cells from --seed ${seed}, with differences of these rows of docs/compatibility.md:`,
  )
  for (const [id, times] of Object.entries(classes)) console.log(`${String(times).padStart(6)}  ${id}`)
  for (const { seed: from, source, maxTokens, difference } of unlisted) {
    const budget = maxTokens === null ? '' : `, max_output_tokens ${maxTokens}`
    console.log(`\nunlisted difference of seed ${from}${budget}:\n${source}\n  ${difference}`)
  }
}

function columns([id = '', status = '', theirs = '', ours = '', difference = '']: readonly string[]): string {
  return [id.padEnd(8), status.padEnd(12), theirs.padEnd(9), ours.padEnd(8), difference].join('  ')
}
