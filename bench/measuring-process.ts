import { fork, ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { descendants, hostMegabytes } from './process-use.ts'
import type { Rival } from './rival.ts'
import { parseRoundReply, type RoundReply } from './round-message.ts'
import type { Readings, Workload } from './workload.ts'

/** The samples of a round, or the reason why there are none. */
export type RoundResult =
  | { readonly type: 'readings'; readonly readings: Readings }
  | { readonly type: 'failed'; readonly reason: string }

const sampleMs = 20
const startTimeoutMs = 60_000

/** The benchmark stops a round at this size: the rival has no relevant limit. */
const maxMegabytes = 6000

/** The process of one rival. It is replaced for the next round after it ended, was stopped, or failed. */
export class MeasuringProcess implements AsyncDisposable {
  readonly #rival: Rival
  #child: ChildProcess | null = null

  constructor(rival: Rival) {
    this.#rival = rival
  }

  /** Runs one round. Never throws: the failure of a rival is a result. */
  async round(workload: Workload, { quick }: { readonly quick: boolean }): Promise<RoundResult> {
    const child = this.#child ?? (await this.#start())
    if (!(child instanceof ChildProcess)) return child
    this.#child = child
    const watch = this.#watch(child, workload)
    child.send({ workload: workload.name, quick })
    const reply = await nextReply(child, workload.timeoutMs)
    const { peak, stopped } = watch.end()
    if (reply.type === 'readings') {
      return { type: 'readings', readings: workload.isMemoryWatched ? [...reply.readings, [peak]] : reply.readings }
    }
    await this[Symbol.asyncDispose]()
    const reason = reply.type === 'failed' ? reply.reason : 'no answer'
    return {
      type: 'failed',
      reason: stopped ?? (workload.isMemoryWatched ? `${reason}, ${Math.round(peak)} MB` : reason),
    }
  }

  async #start(): Promise<ChildProcess | RoundResult> {
    const program = fileURLToPath(new URL('./measure.ts', import.meta.url))
    const execArgv = ['--no-node-snapshot', '--no-turboshaft-loop-unrolling', '--no-warnings']
    const child = fork(program, [this.#rival.name], { execArgv, serialization: 'json' })
    const reply = await nextReply(child, startTimeoutMs)
    if (reply.type === 'ready') return child
    child.kill('SIGKILL')
    return { type: 'failed', reason: reply.type === 'failed' ? reply.reason : 'no answer' }
  }

  /** Measures the memory of the hosts from outside, which no bomb can prevent. */
  #watch(
    { pid = 0 }: ChildProcess,
    { isMemoryWatched }: Workload,
  ): { end(): { peak: number; stopped: string | null } } {
    if (!isMemoryWatched) return { end: () => ({ peak: 0, stopped: null }) }
    const startedAt = performance.now()
    let peak = 0
    let stopped: string | null = null
    const timer = setInterval(() => {
      peak = Math.max(peak, hostMegabytes(pid, this.#rival))
      if (peak < maxMegabytes || stopped !== null) return
      stopped = `no limit: ${Math.round(peak)} MB after ${((performance.now() - startedAt) / 1000).toFixed(1)} s`
      kill(pid)
    }, sampleMs)
    return {
      end() {
        clearInterval(timer)
        return { peak, stopped }
      },
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#child
    this.#child = null
    if (child === null || child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise((resolve) => child.once('exit', resolve))
    kill(child.pid)
    await gone
  }
}

/** Ends a process with all of its descendants. */
function kill(pid: number): void {
  for (const each of [...descendants(pid), pid]) {
    try {
      process.kill(each, 'SIGKILL')
    } catch {
      // It has already exited.
    }
  }
}

async function nextReply(child: ChildProcess, timeoutMs: number): Promise<RoundReply> {
  const { promise, resolve } = Promise.withResolvers<RoundReply>()
  const listen = (message: unknown): void => resolve(parseRoundReply(message))
  const end = (code: number | null, signal: string | null): void =>
    resolve({ type: 'failed', reason: `the whole process ends (${signal ?? `status ${code}`})` })
  const timer = setTimeout(() => resolve({ type: 'failed', reason: `no end after ${timeoutMs / 1000} s` }), timeoutMs)
  child.once('message', listen).once('exit', end)
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    child.off('message', listen).off('exit', end)
  }
}
