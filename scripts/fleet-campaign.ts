import { parseArgs } from 'node:util'
import { breaks } from '../test/fleet/breaks.ts'
import { fleetUnavailable } from '../test/fleet/fleet.ts'
import { noticedBreak, runFleetCampaign, runServeCampaign } from '../test/fleet/fleet-campaign.ts'
import type { RoundResult } from '../test/fleet/fleet-round.ts'

// Runs nodes, supervisors and PostgreSQL in network namespaces, and lets them fail:
//   npm run campaign -- --fleet --minutes 30 --seed 1
//   npm run campaign -- --fleet --serve --minutes 5
//   npm run campaign -- --fleet --break fence
const { values } = parseArgs({
  options: {
    fleet: { type: 'boolean', default: true },
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
    /** Whether the nodes are servers of MCP clients. */
    serve: { type: 'boolean', default: false },
    /** A protection to take out: the campaign must notice. `all`: each in turn. */
    break: { type: 'string' },
  },
})

const reason = fleetUnavailable()
if (reason !== null) {
  console.error(`Cannot run the campaign of a fleet: ${reason}`)
  process.exit(2)
}
const seed = Number(values.seed)
if (values.break === undefined) await campaign()
else await takeOut(values.break)

async function campaign(): Promise<void> {
  let until = Date.now() + Number(values.minutes) * 60_000
  // The round under way is still checked and reported.
  process.once('SIGINT', () => (until = 0))
  const results: RoundResult[] = []
  const run = values.serve ? runServeCampaign : runFleetCampaign
  await run({
    seed,
    isGoing: () => Date.now() < until,
    onRound: (result) => {
      results.push(result)
      show(result)
    },
  })
  const kinds = new Map<string, number>()
  for (const kind of results.flatMap(({ faults }) => faults)) kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  for (const [kind, count] of [...kinds].toSorted(([left], [right]) => left.localeCompare(right))) {
    console.log(`${String(count).padStart(6)} ${kind}`)
  }
  const sum = (pick: (result: RoundResult) => number): number => results.reduce((total, each) => total + pick(each), 0)
  const failed = results.filter(({ violations }) => violations.length > 0).length
  console.log(
    `seeds ${seed} to ${seed + results.length - 1}: ${results.length} rounds, ${sum(({ faults }) => faults.length)} faults, ${sum(({ openings }) => openings)} openings of sessions, ${sum(({ calls }) => calls)} calls, ${sum(({ repeats }) => repeats)} repeated; ${failed} failed`,
  )
  if (failed > 0 || results.length === 0) process.exitCode = 1
}

function show({ seed: number, faults, violations }: RoundResult): void {
  if (violations.length === 0) return console.log(`seed ${number}: ${faults.length} faults`)
  console.log(`FAILED seed ${number}, faults: ${faults.join('; ')}`)
  for (const violation of violations.slice(0, 12)) console.log(`  ${violation.slice(0, 1500)}`)
}

async function takeOut(name: string): Promise<void> {
  const chosen = breaks.filter((each) => name === 'all' || each === name)
  if (chosen.length === 0) throw new Error(`expected "all" or one of ${breaks.join(', ')}, got ${name}`)
  for (const broken of chosen) {
    const start = performance.now()
    const noticed = await noticedBreak(broken, seed)
    const seconds = Math.round((performance.now() - start) / 1000)
    if (noticed.length === 0) process.exitCode = 1
    console.log(noticed.length === 0 ? `NOT NOTICED: ${broken}, ${seconds} s` : `noticed: ${broken}, ${seconds} s`)
    for (const violation of noticed.slice(0, 3)) console.log(`  ${violation.slice(0, 300)}`)
  }
}
