import { Worker } from 'node:worker_threads'
import { isRecord } from '../../protocol/json.ts'
import type { WriterOrder } from './trace-sink.ts'

/** Where a bundle goes. */
export type BundlePlace = {
  readonly root: string
  readonly rootThreadId: string
  readonly traceId: string
  /** When the recording began, in milliseconds since 1970: the thread may be late. */
  readonly startedAt: number
}

/** What the thread says about a bundle. */
export interface BundleOwner {
  /** The batch that was posted the longest ago is on disk, or lost. */
  written(): void
  warned(message: string): void
  /** The thread is gone, or has nothing more to do for the bundle. */
  ended(): void
  /** The process ends: what is not posted has to be posted now. */
  hurry(): void
}

/** How long the end of the process waits for what is not written yet, in milliseconds. */
const exitPatienceMs = 2000

/** The index of the counter of written batches in the memory that both threads see. */
const writtenAt = 0

/** The thread of this process that writes bundles; null while there is none to write. */
let current: WriterThread | null = null

/** One thread writes all bundles of the process, each in the order of its batches. */
export class WriterThread {
  readonly #counter = new Int32Array(new SharedArrayBuffer(4))
  readonly #worker: Worker
  readonly #owners = new Map<number, BundleOwner>()
  #bundles = 0
  #posted = 0

  /** The thread that is there, or a new one. */
  static shared(): WriterThread {
    return (current ??= new WriterThread())
  }

  private constructor() {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    this.#worker = new Worker(new URL(`./writer-worker.${extension}`, import.meta.url), {
      env: {},
      execArgv: ['--disable-warning=ExperimentalWarning'],
      workerData: this.#counter,
    })
    this.#worker.on('message', (message: unknown) => this.#heard(message))
    this.#worker.on('error', (error) => {
      for (const owner of this.#owners.values())
        owner.warned(`The thread that writes traces broke down: ${String(error)}`)
    })
    this.#worker.on('exit', () => this.#lose())
    // Last: whoever listens to messages holds the process again.
    this.#worker.unref()
    process.on('exit', this.#onExit)
  }

  /** Begins a bundle; its number is what `post` takes. */
  open(place: BundlePlace, owner: BundleOwner): number {
    const bundle = ++this.#bundles
    this.#owners.set(bundle, owner)
    this.#worker.postMessage({ type: 'open', bundle, ...place })
    return bundle
  }

  post(bundle: number, batch: readonly WriterOrder[]): void {
    this.#posted++
    this.#worker.postMessage({ type: 'batch', bundle, batch })
  }

  #heard(message: unknown): void {
    if (!isRecord(message) || typeof message['bundle'] !== 'number') return
    const owner = this.#owners.get(message['bundle'])
    switch (message['type']) {
      case 'written':
        return owner?.written()
      case 'warning':
        return owner?.warned(String(message['text']))
      case 'ended':
        this.#owners.delete(message['bundle'])
        owner?.ended()
        if (this.#owners.size === 0) this.#lose()
    }
  }

  /** Nothing is left to write, or the thread is gone. */
  #lose(): void {
    if (current === this) current = null
    process.off('exit', this.#onExit)
    void this.#worker.terminate()
    const owners = [...this.#owners.values()]
    this.#owners.clear()
    for (const owner of owners) owner.ended()
  }

  readonly #onExit = (): void => {
    for (const owner of this.#owners.values()) owner.hurry()
    const until = performance.now() + exitPatienceMs
    // The other thread counts what it has written, and wakes this one each time.
    for (let left = exitPatienceMs; left > 0; left = until - performance.now()) {
      const count = Atomics.load(this.#counter, writtenAt)
      if (count >= this.#posted) return
      Atomics.wait(this.#counter, writtenAt, count, left)
    }
  }
}
