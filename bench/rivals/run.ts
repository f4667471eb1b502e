import { setTimeout as pause } from 'node:timers/promises'
import { isRecord } from '../../src/protocol/json.ts'
import type { BenchTool, Rival, RunningProgram, RunningRival } from '../rival.ts'
import { firstOutputMs } from './first-output.ts'
import { installPackage, loadModule, method, moduleUrl, type RivalPackage } from './rival-package.ts'
import { returnedTexts, returningProgram } from './returning-program.ts'

const runPackage: RivalPackage = { folder: 'run', packages: ['run@2.1.5'], entry: 'run/dist/index.js' }

/** Its defaults stop most programs of the benchmark: 256 nested calls in total, 32 concurrently, 64 MB, 32 workers. */
const limits = {
  timeoutMs: 120_000,
  memoryLimitBytes: 256 * 1024 * 1024,
  maxBridgeRequests: 100_000,
  maxInFlightBridgeRequests: 10_000,
  maxResultBytes: 64 * 1024 * 1024,
  maxHostFunctionOutputBytes: 64 * 1024 * 1024,
}
const maxWorkers = 1000

/** Run time of an endless program before it is stopped, in milliseconds; the start of a worker takes a while. */
const headStartMs = 150

/** `run` by Vercel: QuickJS as WebAssembly in a worker thread for each program. */
export const run: Rival = {
  name: 'run',
  abilities: new Set(['parallel-calls', 'terminate']),
  isInProcess: true,
  prepare: async () => await installPackage(runPackage),
  start: async (tools) => await startRunner(tools),
  coldStart: async () => await firstOutputMs(coldModule(moduleUrl(runPackage))),
}

async function startRunner(tools: readonly BenchTool[]): Promise<RunningRival> {
  const loaded = await loadModule(moduleUrl(runPackage))
  method(loaded, 'setMaxWorkers')(maxWorkers)
  const runProgram = method(loaded, 'run')
  const hostFunctions = { tools: Object.fromEntries(tools.map(({ name, call }) => [name, call])) }
  return {
    async run(program) {
      const result = await runProgram({ source: returningProgram(program), hostFunctions, limits })
      return returnedTexts(isRecord(result) ? result['value'] : null, result)
    },
    async begin(program) {
      const stop = new AbortController()
      const running = runProgram({ source: program, hostFunctions, limits, abortSignal: stop.signal })
      return await begun(Promise.resolve(running), stop)
    },
    [Symbol.asyncDispose]: async () => undefined,
  }
}

async function begun(running: Promise<unknown>, stop: AbortController): Promise<RunningProgram> {
  const ended = running.then(
    () => 'completed',
    () => 'stopped',
  )
  await pause(headStartMs)
  return {
    async terminate() {
      stop.abort()
      await ended
    },
  }
}

function coldModule(url: string): string {
  return `
    import { run } from ${JSON.stringify(url)}
    const { value } = await run({ source: 'return "hi"' })
    process.stdout.write(value, () => process.exit())
  `
}
