import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isRecord } from '../../src/protocol/json.ts'
import { manyEvents, manyPayloads, writeLargeTrace, type LargeTrace } from '../large-trace.ts'
import { cpuMilliseconds, peakMegabytes } from '../process-use.ts'
import { timed } from '../timed.ts'
import type { Workload } from '../workload.ts'

const sampleMs = 10

/** The command that reduces a trace to its state, including its start. */
function reduceWorkload(name: string, what: string, trace: LargeTrace): Workload {
  return {
    name,
    measures: [
      { title: `Reduce a trace of ${what}`, unit: 'ms' },
      { title: `Reduce a trace of ${what}: CPU time`, unit: 'ms' },
      { title: `Reduce a trace of ${what}: peak memory`, unit: 'MB' },
    ],
    needs: ['reduce-traces'],
    rounds: 3,
    timeoutMs: 180_000,
    isMemoryWatched: false,
    async round({ rival }) {
      const root = mkdtempSync(join(tmpdir(), 'codecell-bench-'))
      try {
        const output = join(root, 'state.json')
        // Every rival gets a bundle with the same bytes.
        const command = await rival.reducer?.(writeLargeTrace(root, trace), output)
        if (command === undefined) throw new Error('Cannot reduce a trace: the rival does not have a command')
        let use: Use = { cpuMs: 0, megabytes: 0 }
        const ms = await timed(async () => {
          use = await runToEnd(command, root)
        })
        checkState(output, trace)
        return [[ms], [use.cpuMs], [use.megabytes]]
      } finally {
        rmSync(root, { recursive: true, force: true })
      }
    },
  }
}

export const reduceTrace: Workload = reduceWorkload('reduce-trace', '100,000 events', manyEvents)
export const reducePayloads: Workload = reduceWorkload('reduce-payloads', '200,000 payloads', manyPayloads)

function checkState(path: string, { cells }: LargeTrace): void {
  const state: unknown = JSON.parse(readFileSync(path, 'utf8'))
  const found = isRecord(state) && isRecord(state['code_cells']) ? Object.keys(state['code_cells']).length : 0
  if (found !== cells) throw new Error(`the state has ${found} cells`)
}

type Use = { readonly cpuMs: number; readonly megabytes: number }

/** Runs a command and returns its CPU time and its peak memory, as they were last seen before its end. */
async function runToEnd([executable = '', ...args]: readonly string[], home: string): Promise<Use> {
  const child = spawn(executable, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: home, CODEX_HOME: home },
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text) => (said += String(text)))
  let use: Use = { cpuMs: 0, megabytes: 0 }
  const timer = setInterval(() => {
    const pid = child.pid ?? 0
    use = {
      cpuMs: Math.max(use.cpuMs, cpuMilliseconds(pid)),
      megabytes: Math.max(use.megabytes, peakMegabytes(pid)),
    }
  }, sampleMs)
  try {
    const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve))
    if (code !== 0) throw new Error(said.slice(-500))
    return use
  } finally {
    clearInterval(timer)
  }
}
