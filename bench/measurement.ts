import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { isRecord } from '../src/protocol/json.ts'
import { peakMegabytes } from './process-memory.ts'
import type { Rival } from './rivals/rival.ts'
import type { Reading, Workload } from './workloads/workload.ts'

const program = fileURLToPath(new URL('./measuring-process.ts', import.meta.url))

/** A process that takes more is killed, in MB: nothing stops some of the bombs. */
const memoryCeiling = 6144

/** One rival on one workload, in a process of its own that stays for all rounds. */
export class Measurement implements AsyncDisposable {
  readonly rival: Rival
  readonly #workload: Workload
  readonly #child: ChildProcess
  readonly #exit: Promise<unknown>
  #peak = 0

  constructor(rival: Rival, workload: Workload, { quick }: { readonly quick: boolean }) {
    this.rival = rival
    this.#workload = workload
    this.#child = fork(program, [rival.name, workload.name, quick ? 'quick' : 'full'], {
      execArgv: [...rival.execArgv, '--disable-warning=ExperimentalWarning'],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    this.#exit = once(this.#child, 'exit')
  }

  /** One round. A round that fails says so in the row that comes first. */
  async round(): Promise<readonly Reading[]> {
    const { name, rows, timeoutMs, peakRow } = this.#workload
    const lacking = this.rival.lacks[name]
    if (lacking !== undefined) return [{ row: rows[0]?.id ?? name, value: `– (${lacking})` }]
    const answer = Promise.withResolvers<readonly Reading[]>()
    const say = (value: string): void => answer.resolve([{ row: rows[0]?.id ?? name, value }])
    const start = performance.now()
    const seconds = (): string => ((performance.now() - start) / 1000).toFixed(1)
    const timer = setTimeout(() => say(`no end within ${timeoutMs / 1000} s`), timeoutMs)
    const watch = setInterval(() => {
      if (peakRow !== undefined && this.#lookAtMemory() > memoryCeiling)
        say(`killed at ${memoryCeiling} MB after ${seconds()} s`)
    }, 20)
    this.#child.once('message', (message) => answer.resolve(parseAnswer(message, rows[0]?.id ?? name)))
    void this.#exit.then(() => say(`the calling process dies after ${seconds()} s`))
    if (this.#child.connected) this.#child.send('round', () => undefined)
    const readings = await answer.promise
    clearTimeout(timer)
    clearInterval(watch)
    return peakRow === undefined ? readings : [...readings, { row: peakRow, value: this.#lookAtMemory() }]
  }

  #lookAtMemory(): number {
    const { pid } = this.#child
    if (pid !== undefined) this.#peak = Math.max(this.#peak, peakMegabytes(pid, this.rival.runsIn).largest)
    return this.#peak
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#exit
  }
}

/** What the measuring process answered. Throws `TypeError` for anything else. */
function parseAnswer(message: unknown, firstRow: string): readonly Reading[] {
  if (isRecord(message) && typeof message['failure'] === 'string') return [{ row: firstRow, value: message['failure'] }]
  if (isRecord(message) && Array.isArray(message['readings'])) return message['readings'].map(parseReading)
  throw new TypeError(`Cannot read an answer of the measuring process: ${JSON.stringify(message)}`)
}

function parseReading(reading: unknown): Reading {
  if (isRecord(reading)) {
    const { row, value } = reading
    if (typeof row === 'string' && (typeof value === 'number' || typeof value === 'string')) return { row, value }
  }
  throw new TypeError(`Cannot read a reading: ${JSON.stringify(reading)}`)
}
