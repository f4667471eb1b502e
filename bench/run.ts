import { readFileSync, writeFileSync } from 'node:fs'
import { messageOf } from '../src/errors.ts'
import { machineLine } from './machine-line.ts'
import { MeasuringProcess, type RoundResult } from './measuring-process.ts'
import { parseOptions, type BenchOptions } from './options.ts'
import { replaceBetweenMarkers } from './performance-page.ts'
import { rowsOf, type Row } from './result.ts'
import type { RivalName } from './rival.ts'
import { rivals } from './rivals/rivals.ts'
import { renderTables } from './table.ts'
import type { Workload } from './workload.ts'

// npm run bench [-- workload …] [--rivals ours,reference,…] [--quick] [--write]

const options = parseOptions(process.argv.slice(2))
const page = new URL('../docs/performance.md', import.meta.url)
const report = `${machineLine(options)}\n\n${renderTables(await measureAll(options), options.rivals)}`
console.log(report)
if (options.write) writeFileSync(page, replaceBetweenMarkers(readFileSync(page, 'utf8'), report))

type Entrant = { readonly name: RivalName; readonly process: MeasuringProcess }

async function measureAll({ workloads, rivals: names, quick }: BenchOptions): Promise<readonly Row[]> {
  const unprepared = await prepare(names)
  await using processes = new AsyncDisposableStack()
  const entrants = names.map((name) => ({ name, process: processes.use(new MeasuringProcess(rivals[name])) }))
  const rows: Row[] = []
  for (const workload of workloads) {
    console.error(workload.name)
    const rounds = new Map<RivalName, RoundResult[]>()
    const once = async ({ name, process }: Entrant): Promise<void> => {
      const results = rounds.get(name) ?? []
      rounds.set(name, results)
      if (results.some(({ type }) => type === 'failed')) return
      const reason = unprepared.get(name)
      results.push(reason === undefined ? await process.round(workload, { quick }) : { type: 'failed', reason })
    }
    for (let round = 0; round < (quick ? 1 : workload.rounds); round++) {
      for (const entrant of entrants.filter(({ name }) => canRun(name, workload))) await once(entrant)
    }
    rows.push(...rowsOf(workload, rounds))
  }
  return rows
}

function canRun(name: RivalName, { needs }: Workload): boolean {
  return needs.every((ability) => rivals[name].abilities.has(ability))
}

/** Builds and installs; returns why a rival cannot be measured, by its name. */
async function prepare(names: readonly RivalName[]): Promise<ReadonlyMap<RivalName, string>> {
  const failures = new Map<RivalName, string>()
  for (const name of names) {
    try {
      await rivals[name].prepare()
    } catch (error) {
      console.error(messageOf(error))
      failures.set(name, 'cannot be installed')
    }
  }
  return failures
}
