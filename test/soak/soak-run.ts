import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { isRecord } from '../../src/protocol/json.ts'
import { builtProgram } from '../support/built-program.ts'
import { judgeFlatness, type Flatness, type FlatnessOptions, type MemorySample } from './flat-memory.ts'

/** The report of the agent after a round; memory in bytes. */
export type SoakSample = {
  readonly cells: number
  readonly seconds: number
  readonly heap: number
  readonly resident: number
  readonly hosts: readonly number[]
  /** Listeners on the signal that all cells share. */
  readonly listeners: number
}

export type SoakOptions = {
  readonly minutes: number
  readonly seed: number
  readonly onSample?: (sample: SoakSample) => void
  readonly onProblem?: (text: string) => void
}

export type SoakReport = {
  readonly samples: readonly SoakSample[]
  /** Unhandled errors, unexpected endings, and leaks. */
  readonly problems: readonly string[]
  readonly heap: Flatness
}

/**
 * Maximum apparent memory per cell in the agent. The session that stays open remembers the endings of its latest 10,000
 * cells, which takes some 50,000 cells of all sessions.
 */
const toleranceOf = (cells: number): FlatnessOptions => ({
  bytesPerCell: cells > 200_000 ? 20 : 100,
  warmUpCells: 2000,
})

/** Optimized code of V8 is on the heap as well and grows for hours: it looks like some 40 bytes per cell. */
const agentFlags = ['--expose-gc', '--no-opt', '--no-maglev', '--no-sparkplug', '--disable-warning=ExperimentalWarning']

/** More than any host keeps between two rounds: the pool replaces an idle host that keeps 128 MiB of its cells. */
const hostBound = 384 * 2 ** 20

/** Runs the agent of `soak-agent.ts`; the package must be built. */
export async function runSoak({ minutes, seed, onSample, onProblem }: SoakOptions): Promise<SoakReport> {
  const program = await builtProgram(new URL('soak-agent.ts', import.meta.url))
  const agent = spawn(process.execPath, [...agentFlags, program, String(minutes), String(seed)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const samples: SoakSample[] = []
  const problems: string[] = []
  const note = (text: string): void => {
    problems.push(text)
    onProblem?.(text)
  }
  const exited = once(agent, 'exit')
  let isOver = false
  for await (const text of createInterface({ input: agent.stdout })) {
    const line: unknown = JSON.parse(text)
    if (!isRecord(line)) continue
    if (line['type'] === 'problem') note(String(line['text']))
    if (line['type'] === 'over') isOver = true
    const sample = line['type'] === 'sample' ? sampleOf(line) : null
    if (sample === null) continue
    samples.push(sample)
    onSample?.(sample)
    for (const host of sample.hosts.filter((bytes) => bytes > hostBound))
      note(`a host keeps ${host} bytes without cells`)
    if (sample.listeners > 0) note(`${sample.listeners} listeners are left on the signal of the user`)
  }
  const [code, signal] = await exited
  if (code !== 0 || !isOver) note(`the agent ended with ${String(code ?? signal)}`)
  // The last one is of a process without sessions.
  const series = samples.slice(0, -1).map(({ cells, heap }): MemorySample => ({ cells, bytes: heap }))
  return { samples, problems, heap: judgeFlatness(series, toleranceOf(series.at(-1)?.cells ?? 0)) }
}

export function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}

function sampleOf(line: Readonly<Record<string, unknown>>): SoakSample {
  const number = (name: string): number => Number(line[name])
  const numbers = (name: string): number[] => {
    const values = line[name]
    return Array.isArray(values) ? values.map(Number) : []
  }
  return {
    cells: number('cells'),
    seconds: number('seconds'),
    heap: number('heap'),
    resident: number('resident'),
    hosts: numbers('hosts'),
    listeners: number('listeners'),
  }
}
