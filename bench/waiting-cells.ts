import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { promisify } from 'node:util'
import { isRecord } from '../src/protocol/json.ts'
import { machineLine } from './machine-line.ts'
import { replaceBetweenMarkers } from './performance-page.ts'
import { summarize } from './statistics.ts'
import { wakeTimes } from './wake-times.ts'

// npm run bench:eviction [-- --write] [--cells 10000]: measures cells that wait without their isolates: the memory of
// 10,000 of them, and the time to wake one by the length of its journal.

type Step = {
  readonly step: string
  readonly agentMb: number
  readonly heapMb: number
  readonly hostsMb: number
  readonly seconds: number
  /** Number of cells with the expected output. */
  readonly right: number | null
}

const at = process.argv.indexOf('--cells')
const cells = at === -1 ? 10_000 : Number(process.argv[at + 1])
const builtPackage = new URL('../dist/index.js', import.meta.url).href
const agent = stripTypeScriptTypes(readFileSync(new URL('waiting-cells-agent.ts', import.meta.url), 'utf8'))

const lines = [
  `${cells.toLocaleString('en')} cells that wait, two hosts of 128:`,
  '',
  '| flag of the agent | cells | time | agent, MB | its heap, MB | hosts, MB | after, s | correct |',
  '| --- | --- | --- | --: | --: | --: | --: | --: |',
]
const smallYoung = ['--max-semi-space-size=16']
lines.push(...(await memoryRows([], 'mixed')), ...(await memoryRows(smallYoung, 'mixed')))
lines.push(...(await memoryRows([], 'one timer for all')))
lines.push(
  '',
  'Time from the result of a call to the output of an evicted cell:',
  '',
  '| commands in the journal | results | journal | p50, ms | p95, ms | journal of the results, MB | of equal results, MB |',
  '| --: | --- | --- | --: | --: | --: | --: |',
)
for (const { commands, answer, kept, samples, megabytes, sharedMegabytes } of await wakeTimes()) {
  const { p50, p95 } = summarize(samples)
  const figures = [commands.toLocaleString('en'), answer, kept, p50.toFixed(1), p95.toFixed(1)]
  lines.push(`| ${[...figures, megabytes.toFixed(2), sharedMegabytes.toFixed(2)].join(' | ')} |`)
}
lines.push('', machineLine({ quick: false }))
const report = lines.join('\n')
console.log(report)
const page = new URL('../docs/eviction.md', import.meta.url)
if (process.argv.includes('--write')) {
  writeFileSync(page, replaceBetweenMarkers(readFileSync(page, 'utf8'), report, 'eviction'))
}

/** Runs the agent process once. */
async function memoryRows(flags: readonly string[], programs: string): Promise<readonly string[]> {
  const args = [...flags, '--input-type=module', '--eval', agent, builtPackage, String(cells), programs]
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 2 ** 24 })
  const steps = stdout
    .trim()
    .split('\n')
    .map((line) => stepOf(JSON.parse(line)))
  return steps.map(({ step, agentMb, heapMb, hostsMb, seconds, right }) => {
    const figures = [agentMb, heapMb, hostsMb].map((figure) => Math.round(figure).toLocaleString('en'))
    return `| ${[flags[0] ?? 'none', programs, step, ...figures, seconds, right?.toLocaleString('en') ?? ''].join(' | ')} |`
  })
}

function stepOf(value: unknown): Step {
  if (!isRecord(value)) throw new TypeError('Cannot read the figures of the agent process')
  const { step, agentMb, heapMb, hostsMb, seconds, right } = value
  return {
    step: String(step),
    agentMb: Number(agentMb),
    heapMb: Number(heapMb),
    hostsMb: Number(hostsMb),
    seconds: Number(seconds),
    right: right === undefined ? null : Number(right),
  }
}
