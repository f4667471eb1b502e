import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { isRecord } from '../../src/protocol/json.ts'
import { builtProgram } from '../support/built-program.ts'
import { judgeFlatness, type Flatness, type MemorySample } from './flat-memory.ts'

/** What the agent says after a round; memory in bytes. */
export type SoakSample = {
  readonly cells: number
  readonly seconds: number
  readonly heap: number
  readonly resident: number
  readonly hosts: readonly number[]
  /** Those of them that nobody kills. */
  readonly calmHosts: readonly number[]
  /** Listeners on the signal that all cells were given. */
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
  /** What was unhandled, ended otherwise than it has to, or was left behind. */
  readonly problems: readonly string[]
  readonly heap: Flatness
  readonly hosts: Flatness
}

/** How much a cell may seem to cost the agent. A session remembers how its latest 10,000 cells ended. */
const agentTolerance = { bytesPerCell: 100 }

/** The same of the hosts, which a pool replaces when they keep much memory. */
const hostTolerance = { bytesPerCell: 4096 }

/** Runs the agent of `soak-agent.ts`; the package has to be built. */
export async function runSoak({ minutes, seed, onSample, onProblem }: SoakOptions): Promise<SoakReport> {
  const program = builtProgram(new URL('soak-agent.ts', import.meta.url))
  const flags = ['--expose-gc', '--disable-warning=ExperimentalWarning']
  const agent = spawn(process.execPath, [...flags, program, String(minutes), String(seed)], {
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
    if (sample.listeners > 0) note(`${sample.listeners} listeners are left on the signal of the user`)
  }
  const [code, signal] = await exited
  if (code !== 0 || !isOver) note(`the agent ended with ${String(code ?? signal)}`)
  // The last one is of a process without sessions.
  const rounds = samples.slice(0, -1)
  return {
    samples,
    problems,
    heap: judgeFlatness(rounds.map(agentMemory), agentTolerance),
    hosts: judgeFlatness(rounds.filter(({ calmHosts }) => calmHosts.length > 0).map(hostMemory), hostTolerance),
  }
}

function agentMemory({ cells, heap }: SoakSample): MemorySample {
  return { cells, bytes: heap }
}

function hostMemory({ cells, calmHosts }: SoakSample): MemorySample {
  return { cells, bytes: sumOf(calmHosts) / calmHosts.length }
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
    calmHosts: numbers('calmHosts'),
    listeners: number('listeners'),
  }
}
