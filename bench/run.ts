import { readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { messageOf } from '../src/errors.ts'
import { measureColdStart } from './cold.ts'
import { loadRival, rivalIds } from './rivals/all.ts'
import type { Contender, Rival } from './rivals/rival.ts'
import { summarize, type Summary } from './statistics.ts'
import { table } from './table.ts'
import { workloads as allWorkloads, type Workload } from './workloads.ts'

/**
 * `npm run bench -- [workload …] [--rivals a,b] [--quick] [--write]`: measures side by side, in turns, and prints the table;
 * `--write` puts it into the documentation. isolated-vm runs in this process too, so its flags are needed.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rivals: { type: 'string' }, quick: { type: 'boolean' }, write: { type: 'boolean' } },
})
const chosen = values.rivals === undefined ? rivalIds : values.rivals.split(',')
const rows = allWorkloads.filter(({ id }) => positionals.length === 0 || positionals.includes(id))
const rivals = await prepared(chosen)
const results = new Map<string, Map<string, Summary>>()
if (positionals.length === 0 || positionals.includes('cold')) results.set('cold', await coldStarts())
const contenders = new Map<Rival, Contender>()
for (const rival of rivals) contenders.set(rival, await rival.start())
for (const workload of rows) results.set(workload.id, await measure(workload))
for (const contender of contenders.values()) await contender[Symbol.asyncDispose]()

const cold = { id: 'cold', title: 'process start to first output', unit: 'ms', better: 'less' } as const
const text = table(
  rivals,
  [cold, ...rows].filter(({ id }) => results.has(id)),
  results,
)
const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}`
console.log(`${machine}\n\n${text}`)
if (values.write === true) writeInto('docs/performance.md', `${machine}. Medians.\n\n${text}`)
process.exit(0)

/** Those that can be had here; for the others a line says why not. */
async function prepared(wanted: readonly string[]): Promise<Rival[]> {
  const ready: Rival[] = []
  for (const id of wanted) {
    const rival = await loadRival(id)
    try {
      await rival.prepare()
      await (await rival.start())[Symbol.asyncDispose]()
      ready.push(rival)
    } catch (error) {
      console.error(`${rival.name} is left out: ${messageOf(error)}`)
    }
  }
  return ready
}

async function coldStarts(): Promise<Map<string, Summary>> {
  const samples = new Map<string, number[]>(rivals.map(({ name }) => [name, []]))
  for (let round = 0; round < (values.quick === true ? 2 : 8); round++) {
    for (const { id, name } of rivals) samples.get(name)?.push(await measureColdStart(id))
  }
  return new Map([...samples].map(([name, list]) => [name, summarize(list)]))
}

/** All contenders in turns, so that a busy moment of the machine hits each of them. */
async function measure(workload: Workload): Promise<Map<string, Summary>> {
  const samples = new Map<string, number[]>()
  const rounds = values.quick === true ? Math.ceil(workload.rounds / 4) : workload.rounds
  const broken = new Set<Rival>()
  const once = async (rival: Rival, contender: Contender, isWarm: boolean): Promise<void> => {
    try {
      const value = await workload.measure(contender)
      if (value !== null && isWarm) samples.set(rival.name, [...(samples.get(rival.name) ?? []), value])
    } catch (error) {
      console.error(`${rival.name} cannot do "${workload.title}": ${messageOf(error)}`)
      broken.add(rival)
    }
  }
  // The first round warms up, unless it is the only one.
  for (let round = rounds === 1 ? 1 : 0; round <= rounds; round++) {
    for (const [rival, contender] of contenders) {
      const fits = !broken.has(rival) && (rival.isParallel || workload.isParallel !== true)
      if (fits) await once(rival, contender, round > 0)
    }
  }
  console.error(`measured: ${workload.title}`)
  return new Map([...samples].map(([name, list]) => [name, summarize(list)]))
}

function writeInto(file: string, section: string): void {
  const page = readFileSync(file, 'utf8')
  const [before, rest] = page.split('<!-- bench:begin -->')
  const after = rest?.split('<!-- bench:end -->')[1]
  if (after === undefined) throw new Error(`"${file}" has no place for the table`)
  writeFileSync(file, `${before}<!-- bench:begin -->\n${section}\n<!-- bench:end -->${after}`)
}
