import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { engineNamed } from '../src/protocol/engine-name.ts'
import { CampaignStore } from '../test/faults/shared-store.ts'
import { SeededPrograms, type Failure } from '../test/faults/campaign.ts'

// Kills agents and hosts for the given time, and compares the results with undisturbed runs:
//   npm run campaign -- --minutes 60 --seed 1
//   npm run campaign -- --minutes 60 --store
//   npm run campaign -- --minutes 60 --engine quickjs
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
    /** The number of scenarios with faults per set of programs. */
    runs: { type: 'string', default: '4' },
    /** The number of concurrent seeds. */
    width: { type: 'string', default: '2' },
    /** Whether the sessions are in a shared store, in PostgreSQL. */
    store: { type: 'boolean', default: false },
    /** The engine of the cells: v8 or quickjs. */
    engine: { type: 'string', default: 'v8' },
  },
})

const engine = engineNamed(values.engine)
if (engine === null)
  throw new TypeError(`Cannot run the campaign: expected --engine v8 or quickjs, got ${values.engine}`)
const options = { engine, store: values.store ? await CampaignStore.start() : null }
const root = mkdtempSync(join(tmpdir(), 'codecell-campaign-'))
let until = Date.now() + Number(values.minutes) * 60_000
// Running scenarios are still checked and reported.
process.once('SIGINT', () => (until = 0))
const kinds = new Map<string, number>()
const failures: Failure[] = []
let seed = Number(values.seed)
let scenarios = 0
let calls = 0
let repeats = 0

async function lane(): Promise<void> {
  while (Date.now() < until) {
    const programs = await SeededPrograms.start(seed++, root, options)
    if (programs.failure !== null) {
      note(programs.failure)
      continue
    }
    for (let run = 1; run <= Number(values.runs); run++) {
      const result = await programs.run(run)
      scenarios++
      calls += result.calls
      repeats += result.repeats
      for (const kind of result.faults) kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
      if (result.failure !== null) note(result.failure)
    }
  }
}

function note(failure: Failure): void {
  failures.push(failure)
  console.log(`FAILED seed ${failure.seed} run ${failure.run}, see ${failure.folder}`)
  console.log(`  faults: ${failure.struck.join('; ')}`)
  for (const violation of failure.violations.slice(0, 6)) console.log(`  ${violation.slice(0, 1500)}`)
}

await Promise.all(Array.from({ length: Number(values.width) }, lane))
await options.store?.[Symbol.asyncDispose]()
const total = [...kinds.values()].reduce((sum, count) => sum + count, 0)
for (const [kind, count] of [...kinds].toSorted(([left], [right]) => left.localeCompare(right)))
  console.log(`${String(count).padStart(6)} ${kind}`)
console.log(
  `seeds ${values.seed} to ${seed - 1}: ${scenarios} scenarios, ${total} faults, ${calls} calls, ${repeats} repeated; ${failures.length} failed`,
)
if (failures.length > 0) process.exitCode = 1
