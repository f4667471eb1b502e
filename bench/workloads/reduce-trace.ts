import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isRecord } from '../../src/protocol/json.ts'
import { writeLargeTrace } from '../large-trace.ts'
import { peakMegabytes } from '../process-memory.ts'
import { timed } from '../timed.ts'
import type { Workload } from '../workload.ts'

const events = 100_000
/** The number of those cells. */
const cells = 486
const sampleMs = 10

/**
 * The command that reduces a trace to its state, including its start; every rival gets a bundle with the same bytes.
 */
export const reduceTrace: Workload = {
  name: 'reduce-trace',
  measures: [
    { title: `Reduce a trace of ${events.toLocaleString('en')} events`, unit: 'ms' },
    { title: 'Reduce a trace: peak memory', unit: 'MB' },
  ],
  needs: ['reduce-traces'],
  rounds: 3,
  timeoutMs: 180_000,
  isMemoryWatched: false,
  async round({ rival }) {
    const root = mkdtempSync(join(tmpdir(), 'codecell-bench-'))
    try {
      const output = join(root, 'state.json')
      const command = await rival.reducer?.(writeLargeTrace(root, events), output)
      if (command === undefined) throw new Error('Cannot reduce a trace: the rival does not have a command')
      let megabytes = 0
      const ms = await timed(async () => {
        megabytes = await runToEnd(command, root)
      })
      const state: unknown = JSON.parse(readFileSync(output, 'utf8'))
      const found = isRecord(state) && isRecord(state['code_cells']) ? Object.keys(state['code_cells']).length : 0
      if (found !== cells) throw new Error(`the state has ${found} cells`)
      return [[ms], [megabytes]]
    } finally {
      rmSync(root, { recursive: true, force: true })
    }
  },
}

/** Runs a command and returns its peak memory, in MB. */
async function runToEnd([executable = '', ...args]: readonly string[], home: string): Promise<number> {
  const child = spawn(executable, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: home, CODEX_HOME: home },
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text) => (said += String(text)))
  let peak = 0
  const timer = setInterval(() => (peak = Math.max(peak, peakMegabytes(child.pid ?? 0))), sampleMs)
  try {
    const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve))
    if (code !== 0) throw new Error(said.slice(-500))
    return peak
  } finally {
    clearInterval(timer)
  }
}
