import { parseArgs } from 'node:util'
import { runServerSoak, type ServerSoakReport } from '../test/soak/server-soak.ts'
import { runSoak, sumOf, type SoakSample } from '../test/soak/soak-run.ts'
import type { Flatness } from '../test/soak/flat-memory.ts'

// Runs cells against hostile tools, and reports whether the memory of the agent stays flat:
//   npm run soak -- --minutes 60 --seed 1
// With --servers, it kills, restarts and updates MCP servers while their tools are called:
//   npm run soak -- --servers --minutes 60
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    /** The interval of reports, in seconds. */
    every: { type: 'string', default: '10' },
    servers: { type: 'boolean', default: false },
  },
})

const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`
if (values.servers) await soakServers()
else await soakCells()

async function soakServers(): Promise<void> {
  let nextAt = 0
  const startedAt = Date.now()
  const serverLineOf = ({ faults, succeeded, failed }: ServerSoakReport): string => {
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(0).padStart(5)
    return `${seconds} s  ${faults} faults  ${succeeded} calls succeeded, ${failed} failed  ${mib(process.memoryUsage.rss())}`
  }
  const report = await runServerSoak({
    seconds: Number(values.minutes) * 60,
    seed: Number(values.seed),
    onProgress: (progress) => {
      if (Date.now() < nextAt) return
      nextAt = Date.now() + Number(values.every) * 1000
      console.log(serverLineOf(progress))
    },
  })
  for (const problem of report.problems) console.log(`PROBLEM ${problem}`)
  console.log(`closed: ${serverLineOf(report)}`)
  if (report.problems.length > 0) process.exitCode = 1
}

function lineOf({ cells, seconds, heap, resident, hosts }: SoakSample): string {
  const rate = (cells / seconds).toFixed(0)
  const time = seconds.toFixed(0).padStart(5)
  return `${time} s  ${cells} cells  ${rate}/s  heap ${mib(heap)}  resident ${mib(resident)}  ${hosts.length} hosts ${mib(sumOf(hosts))}`
}

function verdictOf({ type, bytesPerCell, certainty }: Flatness): string {
  return `${type}: ${bytesPerCell.toFixed(1)} bytes per cell, ${certainty.toFixed(1)} standard deviations`
}

async function soakCells(): Promise<void> {
  // The agent receives the signal too, and ends its round.
  process.once('SIGINT', () => undefined)
  let nextAt = 0
  const { samples, problems, heap } = await runSoak({
    minutes: Number(values.minutes),
    seed: Number(values.seed),
    onProblem: (text) => console.log(`PROBLEM ${text}`),
    onSample: (sample) => {
      if (sample.seconds < nextAt) return
      nextAt = sample.seconds + Number(values.every)
      console.log(lineOf(sample))
    },
  })
  const last = samples.at(-1)
  if (last !== undefined) console.log(`closed: ${lineOf(last)}`)
  console.log(`agent ${verdictOf(heap)}`)
  console.log(`${problems.length} problems`)
  if (heap.type !== 'flat' || problems.length > 0) process.exitCode = 1
}
