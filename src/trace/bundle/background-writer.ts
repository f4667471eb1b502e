import { join } from 'node:path'
import { bundleName, type EventScope, type PayloadKind, type TraceWriterOptions } from './bundle-writer.ts'
import type { PayloadReference } from '../format/raw-event.ts'
import { callGuarded } from '../../protocol/guarded-calls.ts'
import type { RecordedEvent, TraceSink, WriterOrder } from './trace-sink.ts'
import { WriterThread, type BundleOwner } from './writer-thread.ts'

export type BackgroundWriterOptions = Pick<TraceWriterOptions, 'root' | 'rootThreadId' | 'onWarning'> & {
  readonly traceId: string
  /** What may wait to be written, in characters. Beyond it the trace ends. Default: 64 Mi. */
  readonly maxQueued?: number
}

/** How long `complete` waits for a disk that has stopped to take anything, in milliseconds. */
const completeMs = 10_000

/** Most orders of one batch: the thread says after each that it gets on. */
const maxBatch = 256

/**
 * Starts a bundle that another thread writes: the caller's thread makes the texts and goes on, however slow the disk is. The
 * order on disk is that of the calls. A process that is killed loses what was on its way, a few milliseconds.
 */
export function startBackgroundWriter(options: BackgroundWriterOptions): TraceSink {
  return new BackgroundWriter(options)
}

class BackgroundWriter implements TraceSink, BundleOwner {
  readonly directory: string
  readonly #thread = WriterThread.shared()
  readonly #bundle: number
  readonly #maxQueued: number
  readonly #onWarning: ((message: string) => void) | undefined
  readonly #ended = Promise.withResolvers<void>()
  #batch: WriterOrder[] = []
  #batchSize = 0
  /** The batches that are on their way, the oldest first. */
  readonly #underWay: { readonly size: number; readonly written: () => void }[] = []
  #queued = 0
  #payloads = 0
  #endTimer: NodeJS.Timeout | undefined
  #isOver = false
  #isWarned = false

  constructor({ root, rootThreadId, traceId, maxQueued = 2 ** 26, onWarning }: BackgroundWriterOptions) {
    this.directory = join(root, bundleName(traceId, rootThreadId))
    this.#maxQueued = maxQueued
    this.#onWarning = onWarning
    this.#bundle = this.#thread.open({ root, rootThreadId, traceId, startedAt: Date.now() }, this)
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

  async flush(): Promise<void> {
    const written = Promise.withResolvers<void>()
    this.#post(written.resolve)
    await Promise.race([written.promise, this.#ended.promise])
  }

  async complete(): Promise<void> {
    this.#order({ type: 'complete', at: Date.now() }, 0)
    this.#isOver = true
    this.hurry()
    this.#watchEnd()
    await this.#ended.promise
    clearTimeout(this.#endTimer)
  }

  /** As long as something gets written the end is waited for, however much it is. */
  #watchEnd(): void {
    clearTimeout(this.#endTimer)
    this.#endTimer = setTimeout(() => {
      this.warned('Cannot end the trace: the disk does not answer')
      this.ended()
    }, completeMs)
  }

  #order(order: WriterOrder, size: number): void {
    if (this.#isOver) return
    if (this.#queued + size > this.#maxQueued) {
      this.warned('Cannot go on with the trace: the disk is too slow for it')
      // What is on its way may still arrive; nothing follows it.
      this.#batch.push({ type: 'stop' })
      this.#isOver = true
      return this.hurry()
    }
    if (this.#batch.length === 0) setImmediate(() => this.hurry())
    this.#batch.push(order)
    this.#batchSize += size
    this.#queued += size
    if (this.#batch.length >= maxBatch) this.hurry()
  }

  hurry(): void {
    if (this.#batch.length > 0) this.#post(() => undefined)
  }

  #post(written: () => void): void {
    const batch = this.#batch
    this.#underWay.push({ size: this.#batchSize, written })
    this.#batch = []
    this.#batchSize = 0
    this.#thread.post(this.#bundle, batch)
  }

  written(): void {
    const batch = this.#underWay.shift()
    this.#queued -= batch?.size ?? 0
    if (this.#endTimer !== undefined) this.#watchEnd()
    batch?.written()
  }

  warned(message: string): void {
    if (this.#isWarned) return
    this.#isWarned = true
    // Whoever is warned cannot fail the caller either.
    callGuarded(
      () => this.#onWarning?.(message),
      () => undefined,
    )
  }

  ended(): void {
    this.#isOver = true
    clearTimeout(this.#endTimer)
    this.#ended.resolve()
  }
}
