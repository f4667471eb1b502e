import { availableParallelism } from 'node:os'
import type { Baseline } from '../quickjs/baseline.ts'
import { Thread, type ThreadCell, type ThreadListener } from './thread.ts'
import type { Slice } from './thread-messages.ts'

/** The number of threads that start as soon as a cell has no free one. */
const readyThreads = Math.max(2, availableParallelism())
/** Time that a new cell waits for a free thread until another thread starts, in milliseconds. */
const startMs = 20
/** Pause after a thread that did not start, because the system allows no more, in milliseconds. */
const pauseMs = 500
/** Interval at which waiting cells are checked, in milliseconds. */
const watchMs = 10
/** Time without cells after which a thread above `readyThreads` ends, in milliseconds. */
const idleMs = 5000

/** A cell whose program has not started. */
type NewCell = { readonly cell: ThreadCell; readonly since: number }

/**
 * The threads of a host. A cell stays on its thread, because its machine cannot move. A new cell gets a free thread, so that a program
 * that computes delays only the cells that are already on its thread; those are displaced when they have work.
 */
export class ThreadPool implements ThreadListener {
  readonly #baseline: Baseline
  readonly #program: URL | string
  readonly #maxThreads: number
  readonly #threads = new Set<Thread>()
  #newCells: NewCell[] = []
  /** The time from which the next thread may start. */
  #nextStart = 0
  #watch: NodeJS.Timeout | null = null
  #reaper: NodeJS.Timeout | null = null
  #isDisposed = false
  #reportStuck: (reason: string) => void = () => undefined

  /** `program` is the module of the threads, or the source of a CommonJS module. */
  constructor(baseline: Baseline, program: URL | string, maxThreads: number) {
    this.#baseline = baseline
    this.#program = program
    this.#maxThreads = maxThreads
  }

  /** Calls `onStuck` when a thread cannot be ended. */
  listen(onStuck: (reason: string) => void): void {
    this.#reportStuck = onStuck
  }

  /** Starts a thread unless there is one. */
  warmUp(): void {
    if (this.#threads.size === 0) this.#startThread()
  }

  /** Finds a thread for a cell: the next free one. */
  place(cell: ThreadCell): void {
    this.#newCells.push({ cell, since: performance.now() })
    this.#place()
  }

  /** Removes a cell that has not started. */
  withdraw(cell: ThreadCell): void {
    this.#newCells = this.#newCells.filter((each) => each.cell !== cell)
  }

  /** Runs commands of a cell on its thread. */
  run(thread: Thread, cell: ThreadCell, slice: Slice): void {
    thread.run(cell, slice)
    if (thread.waiting > 0) this.#watchWaiting()
  }

  #place(): void {
    while (this.#newCells.length > 0) {
      const thread = this.#freeThread()
      const next = thread === null ? undefined : this.#newCells.shift()
      if (thread === null || next === undefined) break
      // The next cell that computes must not find only threads with other cells.
      if (thread.cells.size > 0 && this.#threads.size < readyThreads) this.#startThread()
      next.cell.onThread(thread)
    }
    if (this.#newCells.length === 0) return
    if (this.#threads.size < readyThreads) this.#startThreadFor(this.#newCells.length)
    this.#watchWaiting()
  }

  /** Returns the free thread with the fewest cells. */
  #freeThread(): Thread | null {
    let best: Thread | null = null
    for (const thread of this.#threads) {
      if (thread.isFree && (best === null || thread.cells.size < best.cells.size)) best = thread
    }
    return best
  }

  /** Starts a thread when fewer threads are starting than this number of cells needs. */
  #startThreadFor(cells: number): void {
    if ([...this.#threads].filter(({ isStarting }) => isStarting).length < cells) this.#startThread()
  }

  #startThread(): void {
    if (this.#isDisposed || this.#threads.size >= this.#maxThreads || performance.now() < this.#nextStart) return
    try {
      this.#threads.add(new Thread(this.#baseline, this.#program, this))
    } catch {
      this.#nextStart = performance.now() + pauseMs
    }
  }

  onFree(): void {
    this.#place()
    if (this.#threads.size > readyThreads) this.#reapLater()
  }

  onGone(thread: Thread): void {
    if (!thread.hasStarted) this.#nextStart = performance.now() + pauseMs
    this.#threads.delete(thread)
    this.#place()
  }

  onStuck(reason: string): void {
    if (!this.#isDisposed) this.#reportStuck(reason)
  }

  #watchWaiting(): void {
    this.#watch ??= setInterval(() => this.#checkWaiting(), watchMs).unref()
  }

  #checkWaiting(): void {
    let isWaiting = this.#newCells.length > 0
    for (const thread of this.#threads) {
      if (thread.waiting === 0) continue
      isWaiting = true
      if (thread.isLong) thread.displaceWaiting('another cell on its thread computes')
    }
    const now = performance.now()
    const late = this.#newCells.filter(({ since }) => now - since > startMs).length
    this.#startThreadFor(late)
    if (isWaiting || this.#watch === null) return
    clearInterval(this.#watch)
    this.#watch = null
  }

  #reapLater(): void {
    this.#reaper ??= setTimeout(() => {
      this.#reaper = null
      for (const thread of this.#threads) {
        if (this.#threads.size <= readyThreads) return
        if (!thread.isFree || thread.cells.size > 0) continue
        this.#threads.delete(thread)
        thread.dispose()
      }
    }, idleMs).unref()
  }

  dispose(): void {
    this.#isDisposed = true
    this.#newCells = []
    if (this.#watch !== null) clearInterval(this.#watch)
    if (this.#reaper !== null) clearTimeout(this.#reaper)
    for (const thread of this.#threads) thread.dispose()
    this.#threads.clear()
  }
}
