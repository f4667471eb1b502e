import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { bundleName, type EventScope, type PayloadKind, type TraceWriterOptions } from './bundle-writer.ts'
import type { PayloadReference } from './raw-event.ts'
import type { RecordedEvent, TraceSink, WriterOrder } from './trace-sink.ts'

export type BackgroundWriterOptions = Omit<TraceWriterOptions, 'now'> & {
  /** What may wait to be written, in characters. Beyond it the trace ends. Default: 64 Mi. */
  readonly maxQueued?: number
}

/** How long the end of the process waits for what is not written yet, and `complete` for a disk that does not answer. */
const patienceMs = { exit: 2000, complete: 10_000 } as const

/** Cells of the memory that both threads see. */
const written = 0

/**
 * Starts a bundle that a thread of its own writes: the caller's thread makes the texts and goes on, however slow the disk
 * is. The order on disk is that of the calls. A process that is killed loses what was on its way, a few milliseconds.
 */
export function startBackgroundWriter(options: BackgroundWriterOptions): TraceSink {
  return new BackgroundWriter(options)
}

class BackgroundWriter implements TraceSink {
  readonly directory: string
  readonly rolloutId: string
  readonly #worker: Worker
  readonly #counter = new Int32Array(new SharedArrayBuffer(4))
  readonly #maxQueued: number
  readonly #onWarning: ((message: string) => void) | undefined
  readonly #ended = Promise.withResolvers<void>()
  #batch: WriterOrder[] = []
  #batchSize = 0
  /** Sizes of the batches that are on their way, the oldest first. */
  readonly #underWay: number[] = []
  #queued = 0
  #posted = 0
  #payloads = 0
  #isOver = false
  #isWarned = false

  constructor({ root, rootThreadId, traceId = randomUUID(), maxQueued = 2 ** 26, onWarning }: BackgroundWriterOptions) {
    this.rolloutId = rootThreadId
    this.directory = join(root, bundleName(traceId, rootThreadId))
    this.#maxQueued = maxQueued
    this.#onWarning = onWarning
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    this.#worker = new Worker(new URL(`./background-writer-thread.${extension}`, import.meta.url), {
      env: {},
      execArgv: ['--disable-warning=ExperimentalWarning'],
      workerData: { root, rootThreadId, traceId, counter: this.#counter },
    })
    this.#worker.on('message', (warning: unknown) => this.#heard(warning))
    this.#worker.on('error', (error) => this.#warn(`The thread that writes the trace broke down: ${String(error)}`))
    this.#worker.on('exit', () => this.#end())
    // Last: whoever listens to messages holds the process again.
    this.#worker.unref()
    process.on('exit', this.#onExit)
  }

  payload(kind: PayloadKind, json: string): PayloadReference {
    const number = ++this.#payloads
    this.#order({ type: 'payload', number, json }, json.length)
    return { raw_payload_id: `raw_payload:${number}`, kind: { type: kind }, path: `payloads/${number}.json` }
  }

  append(scope: EventScope, event: RecordedEvent): void {
    const json = JSON.stringify(event)
    this.#order({ type: 'event', scope, at: Date.now(), json }, json.length)
  }

  addTo(path: string, text: string): void {
    this.#order({ type: 'text', path, text }, text.length)
  }

  async complete(): Promise<void> {
    this.#order({ type: 'complete', at: Date.now() }, 0)
    this.#flush()
    const timer = setTimeout(() => {
      this.#warn('Cannot end the trace: the disk does not answer')
      this.#end()
    }, patienceMs.complete)
    await this.#ended.promise
    clearTimeout(timer)
  }

  #order(order: WriterOrder, size: number): void {
    if (this.#isOver) return
    if (this.#queued + size > this.#maxQueued) {
      this.#warn('Cannot go on with the trace: the disk is too slow for it')
      // What is on its way may still arrive; nothing follows it.
      this.#isOver = true
      this.#flush()
      return
    }
    if (this.#batch.length === 0) setImmediate(() => this.#flush())
    this.#batch.push(order)
    this.#batchSize += size
    this.#queued += size
  }

  #flush(): void {
    const batch = this.#batch
    if (batch.length === 0) return
    this.#underWay.push(this.#batchSize)
    this.#batch = []
    this.#batchSize = 0
    this.#posted++
    this.#worker.postMessage(batch)
  }

  /** The thread says that it has written a batch, or what it could not write. */
  #heard(message: unknown): void {
    if (typeof message === 'string') return this.#warn(message)
    this.#queued -= this.#underWay.shift() ?? 0
  }

  readonly #onExit = (): void => {
    this.#flush()
    const until = performance.now() + patienceMs.exit
    // The other thread counts what it has written, and wakes this one each time.
    for (let left = patienceMs.exit; left > 0; left = until - performance.now()) {
      const count = Atomics.load(this.#counter, written)
      if (count >= this.#posted) return
      Atomics.wait(this.#counter, written, count, left)
    }
  }

  #end(): void {
    this.#isOver = true
    process.off('exit', this.#onExit)
    void this.#worker.terminate()
    this.#ended.resolve()
  }

  #warn(message: string): void {
    if (this.#isWarned) return
    this.#isWarned = true
    try {
      this.#onWarning?.(message)
    } catch {
      // Whoever is warned cannot fail the caller either.
    }
  }
}
