import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { CliResult } from '../support/cli.ts'

/** Runs command lines in a thread with little memory, which exits if one exceeds it. */
export class SmallThread {
  #worker: Worker | null = null

  async run(args: readonly string[]): Promise<CliResult> {
    const worker = this.#worker ?? start()
    // A thread that hung or exited is not reused.
    this.#worker = null
    worker.postMessage(args)
    const [result]: CliResult[] = await once(worker, 'message')
    if (result === undefined) throw new Error('the thread did not answer')
    this.#worker = worker
    return result
  }

  async close(): Promise<void> {
    await this.#worker?.terminate()
  }
}

function start(): Worker {
  return new Worker(new URL('../fixtures/command-thread.ts', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: 400, stackSizeMb: 1 },
  })
}
