import type { Worker } from 'node:worker_threads'
import { isRecord } from '../../protocol/json.ts'
import type { BundleStart } from './bundle-writer.ts'
import type { WriterRequest } from './trace-sink.ts'
import { startThread } from '../../package/start-thread.ts'

/** The start of a bundle, as the thread receives it. */
export type BundleTarget = Omit<BundleStart, 'onWarning'>

/** Receives what the thread reports about a bundle. */
export interface BundleOwner {
  /** The oldest posted batch is on disk, or lost. */
  onWritten(): void
  onWarning(message: string): void
  /** The thread exited, or has written the whole bundle. */
  onEnded(): void
  /** The process exits: post the current batch. */
  postBatch(): void
}

/** The maximum time that the exit of the process waits for unwritten batches, in milliseconds. */
const maxExitMs = 2000

/** The index of the counter of written batches in the shared memory. */
const writtenAt = 0

/** The thread of this process that writes bundles; null if there is none. */
let current: WriterThread | null = null

/** Writes all bundles of the process in one thread, each in the order of its batches. */
export class WriterThread {
  readonly #counter = new Int32Array(new SharedArrayBuffer(4))
  readonly #worker: Worker
  readonly #owners = new Map<number, BundleOwner>()
  #bundles = 0
  #posted = 0

  /** Returns the running thread, or starts one. */
  static shared(): WriterThread {
    return (current ??= new WriterThread())
  }

  private constructor() {
    this.#worker = startThread('trace/bundle/writer-worker', {
      env: {},
      workerData: this.#counter,
    })
    this.#worker.on('message', (message: unknown) => this.#onMessage(message))
    this.#worker.on('error', (error) => {
      for (const owner of this.#owners.values())
        owner.onWarning(`The thread that writes traces failed: ${String(error)}`)
    })
    this.#worker.on('exit', () => this.#release())
    // After the listeners: adding them refs the worker again.
    this.#worker.unref()
    process.on('exit', this.#onExit)
  }

  /** Starts a bundle. Returns the number that `post` takes. */
  open(target: BundleTarget, owner: BundleOwner): number {
    const bundle = ++this.#bundles
    this.#owners.set(bundle, owner)
    this.#worker.postMessage({ type: 'open', bundle, ...target })
    return bundle
  }

  post(bundle: number, batch: readonly WriterRequest[]): void {
    this.#posted++
    this.#worker.postMessage({ type: 'batch', bundle, batch })
  }

  #onMessage(message: unknown): void {
    if (!isRecord(message) || typeof message['bundle'] !== 'number') return
    const owner = this.#owners.get(message['bundle'])
    switch (message['type']) {
      case 'written':
        return owner?.onWritten()
      case 'warning':
        return owner?.onWarning(String(message['text']))
      case 'ended':
        this.#owners.delete(message['bundle'])
        owner?.onEnded()
        if (this.#owners.size === 0) this.#release()
    }
  }

  /** Stops the thread when nothing is left to write, or after it exited. */
  #release(): void {
    if (current === this) current = null
    process.off('exit', this.#onExit)
    void this.#worker.terminate()
    const owners = [...this.#owners.values()]
    this.#owners.clear()
    for (const owner of owners) owner.onEnded()
  }

  readonly #onExit = (): void => {
    for (const owner of this.#owners.values()) owner.postBatch()
    const until = performance.now() + maxExitMs
    // The other thread counts the written batches, and wakes this thread after each.
    for (let left = maxExitMs; left > 0; left = until - performance.now()) {
      const count = Atomics.load(this.#counter, writtenAt)
      if (count >= this.#posted) return
      Atomics.wait(this.#counter, writtenAt, count, left)
    }
  }
}
