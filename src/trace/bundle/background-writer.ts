import { join } from 'node:path'
import { bundleName, type EventScope } from './bundle-writer.ts'
import type { PayloadReference, ShardPayloadReference } from '../format/raw-event.ts'
import type { SourceLocation } from '../../events/session-event.ts'
import { addPrinted, newPrintedLines, printedLineLength } from '../format/printed-lines.ts'
import { callGuarded } from '../../protocol/guarded-calls.ts'
import type { PayloadKind } from './payload-kind.ts'
import { PayloadReferences } from './payload-references.ts'
import { eventOfSchema, preparedPrompt, type RecordedEvent, type TraceSchema } from './trace-schema.ts'
import type { TextRequest, TraceSink, WriterRequest } from './trace-sink.ts'
import type { TraceWriterOptions } from './trace-writer.ts'
import { WriterThread, type BundleOwner } from './writer-thread.ts'

export type BackgroundWriterOptions = Pick<TraceWriterOptions, 'root' | 'rootThreadId' | 'onWarning'> & {
  readonly traceId: string
  readonly schema: TraceSchema
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

/** The time for which a batch collects requests, in milliseconds: each batch wakes the thread. */
const batchMs = 4

/** The length of a batch from which texts get requests of their own, in characters. */
const maxJoinedLength = 2 ** 18

/**
 * Starts a bundle that another thread writes. The caller's thread only serializes, however slow the disk is. The order on disk
 * is the order of the calls. A killed process loses the last few milliseconds.
 */
export function startBackgroundWriter(options: BackgroundWriterOptions): TraceSink {
  return new BackgroundWriter(options)
}

class BackgroundWriter implements TraceSink, BundleOwner {
  readonly directory: string
  readonly schema: TraceSchema
  readonly #thread = WriterThread.shared()
  readonly #bundle: number
  readonly #maxQueued: number
  readonly #onWarning: ((message: string) => void) | undefined
  readonly #ended = Promise.withResolvers<void>()
  #batch: WriterRequest[] = []
  #batchSize = 0
  /** The last text for each file in the current batch. */
  readonly #texts = new Map<string, TextRequest>()
  /** The batches that are not written yet, the oldest first. */
  readonly #underWay: { readonly size: number; readonly written: () => void }[] = []
  #queued = 0
  readonly #references: PayloadReferences
  #prompt: PayloadReference | null = null
  #endTimer: NodeJS.Timeout | undefined
  #isOver = false
  #isWarned = false

  constructor({ root, rootThreadId, traceId, schema, maxQueued = 2 ** 26, onWarning }: BackgroundWriterOptions) {
    this.directory = join(root, bundleName(traceId, rootThreadId))
    this.schema = schema
    this.#references = new PayloadReferences(schema)
    this.#maxQueued = maxQueued
    this.#onWarning = onWarning
    this.#bundle = this.#thread.open({ root, rootThreadId, traceId, schema, startedAt: Date.now() }, this)
  }

  payload(kind: PayloadKind, json: string, parts: readonly ShardPayloadReference[] = []): PayloadReference {
    const { number, shard, reference } = this.#references.next(kind, json.length, parts)
    this.#enqueue({ type: 'payload', number, shard, json }, json.length)
    return reference
  }

  append(scope: EventScope, event: RecordedEvent): void {
    const written = eventOfSchema(this.schema, event, () => this.#preparedPrompt())
    if (written === null) return
    const json = JSON.stringify(written)
    this.#enqueue({ type: 'event', scope, at: Date.now(), json }, json.length)
  }

  #preparedPrompt(): PayloadReference {
    return (this.#prompt ??= this.payload('prepared_prompt', preparedPrompt))
  }

  addTo(path: string, text: string): void {
    const open = this.#openText(path, text.length)
    if (open?.type !== 'text') return this.#enqueueText({ type: 'text', path, text }, text.length)
    open.text += text
    this.#grow(text.length)
  }

  print(path: string, body: string, place: SourceLocation | null): void {
    const size = body.length + printedLineLength
    const open = this.#openText(path, size)
    if (open?.type === 'printed') {
      addPrinted(open.lines, body, place)
      return this.#grow(size)
    }
    const lines = newPrintedLines()
    addPrinted(lines, body, place)
    this.#enqueueText({ type: 'printed', path, lines }, size)
  }

  /** Returns the last request for a file if more fits in it: one long request is cheaper to send than thousands. */
  #openText(path: string, size: number): TextRequest | undefined {
    const open = this.#texts.get(path)
    if (open === undefined || this.#isOver || this.#batchSize > maxJoinedLength) return undefined
    if (this.#queued + size > this.#maxQueued) return undefined
    return open
  }

  #grow(size: number): void {
    this.#batchSize += size
    this.#queued += size
  }

  #enqueueText(request: TextRequest, size: number): void {
    this.#texts.set(request.path, request)
    this.#enqueue(request, size)
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
    if (this.#batch.length === 0) setTimeout(() => this.postBatch(), batchMs).unref()
    this.#batch.push(request)
    this.#grow(size)
    if (this.#batch.length >= maxBatch) this.postBatch()
  }

  postBatch(): void {
    if (this.#batch.length > 0) this.#post(() => undefined)
  }

  #post(written: () => void): void {
    const batch = this.#batch
    this.#texts.clear()
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
