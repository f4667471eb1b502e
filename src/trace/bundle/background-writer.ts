import { join } from 'node:path'
import { bundleName, type EventScope, type PayloadKind, type TraceWriterOptions } from './bundle-writer.ts'
import type { PayloadReference } from '../format/raw-event.ts'
import { callGuarded } from '../../protocol/guarded-calls.ts'
import type { RecordedEvent, TraceSink, WriterRequest } from './trace-sink.ts'
import { WriterThread, type BundleOwner } from './writer-thread.ts'

export type BackgroundWriterOptions = Pick<TraceWriterOptions, 'root' | 'rootThreadId' | 'onWarning'> & {
  readonly traceId: string
  /**
   * The maximum number of queued characters. A queue that exceeds it ends the trace.
   *
   * @default 64 Mi
   */
  readonly maxQueued?: number
}

/** The time that `complete` waits for a disk that makes no progress, in milliseconds. */
const completeMs = 10_000

/** The maximum number of requests in a batch: the thread reports progress after each batch. */
const maxBatch = 256

/**
 * Starts a bundle that another thread writes. The caller's thread only serializes, however slow the disk is. The order on disk
 * is the order of the calls. A killed process loses the last few milliseconds.
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
  #batch: WriterRequest[] = []
  #batchSize = 0
  /** The batches that are not written yet, the oldest first. */
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
    this.#enqueue({ type: 'payload', number, json }, json.length)
    return { raw_payload_id: `raw_payload:${number}`, kind: { type: kind }, path: `payloads/${number}.json` }
  }

  append(scope: EventScope, event: RecordedEvent): void {
    const json = JSON.stringify(event)
    this.#enqueue({ type: 'event', scope, at: Date.now(), json }, json.length)
  }

  addTo(path: string, text: string): void {
    this.#enqueue({ type: 'text', path, text }, text.length)
  }

  async flush(): Promise<void> {
    const written = Promise.withResolvers<void>()
    this.#post(written.resolve)
    await Promise.race([written.promise, this.#ended.promise])
  }

  async complete(): Promise<void> {
    this.#enqueue({ type: 'complete', at: Date.now() }, 0)
    this.#isOver = true
    this.postBatch()
    this.#watchEnd()
    await this.#ended.promise
    clearTimeout(this.#endTimer)
  }

  /** Restarts the timeout: `complete` waits as long as the disk makes progress. */
  #watchEnd(): void {
    clearTimeout(this.#endTimer)
    this.#endTimer = setTimeout(() => {
      this.onWarning('Cannot complete the trace: the disk does not respond')
      this.onEnded()
    }, completeMs)
  }

  #enqueue(request: WriterRequest, size: number): void {
    if (this.#isOver) return
    if (this.#queued + size > this.#maxQueued) {
      this.onWarning('Cannot continue the trace: the disk is too slow')
      // Batches that are posted already can still arrive; nothing follows them.
      this.#batch.push({ type: 'stop' })
      this.#isOver = true
      return this.postBatch()
    }
    if (this.#batch.length === 0) setImmediate(() => this.postBatch())
    this.#batch.push(request)
    this.#batchSize += size
    this.#queued += size
    if (this.#batch.length >= maxBatch) this.postBatch()
  }

  postBatch(): void {
    if (this.#batch.length > 0) this.#post(() => undefined)
  }

  #post(written: () => void): void {
    const batch = this.#batch
    this.#underWay.push({ size: this.#batchSize, written })
    this.#batch = []
    this.#batchSize = 0
    this.#thread.post(this.#bundle, batch)
  }

  onWritten(): void {
    const batch = this.#underWay.shift()
    this.#queued -= batch?.size ?? 0
    if (this.#endTimer !== undefined) this.#watchEnd()
    batch?.written()
  }

  onWarning(message: string): void {
    if (this.#isWarned) return
    this.#isWarned = true
    // An exception of the callback must not reach the recorded program.
    callGuarded(
      () => this.#onWarning?.(message),
      () => undefined,
    )
  }

  onEnded(): void {
    this.#isOver = true
    clearTimeout(this.#endTimer)
    this.#ended.resolve()
  }
}
