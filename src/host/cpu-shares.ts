import { otherThreadsCpuMs } from './threads-cpu-time.ts'

/** A cell whose CPU time is measured. */
export interface MeteredCell {
  /** Time that its isolate reports as used, in milliseconds; it includes the time spent waiting for a core. */
  readonly isolateMs: number
  charge(ms: number): void
}

/** Maximum CPU time without a cell that may be charged later, in milliseconds: systems count a running thread late. */
const maxCredit = 20

/**
 * Divides the CPU time of the process among the cells that ran. The time of an isolate runs from when its thread was
 * ready to run until it was done. Threads of one process get equal shares of the cores. So when all of them together
 * report more than the process used, each gets the same fraction of its own report.
 */
export class CpuShares {
  readonly #workedMs: () => number
  /** The last report of each running cell. */
  readonly #running = new Map<MeteredCell, number>()
  #worked = 0
  #credit = 0

  /** `workedMs` returns the CPU time of all threads that cells run on. */
  constructor(workedMs: () => number = otherThreadsCpuMs) {
    this.#workedMs = workedMs
  }

  /** Starts charging a cell. */
  begin(cell: MeteredCell): void {
    this.settle()
    this.#running.set(cell, cell.isolateMs)
  }

  /** Stops charging a cell, which waits. */
  end(cell: MeteredCell): void {
    this.settle()
    this.#running.delete(cell)
  }

  /** Charges the running cells for the time since the last call. */
  settle(): void {
    const worked = this.#workedMs()
    const spent = worked - this.#worked + this.#credit
    this.#worked = worked
    const wanted = new Map<MeteredCell, number>()
    let sum = 0
    for (const [cell, before] of this.#running) {
      const now = cell.isolateMs
      this.#running.set(cell, now)
      // A disposed isolate reports 0.
      const ran = Math.max(now - before, 0)
      wanted.set(cell, ran)
      sum += ran
    }
    // The system can report less than before, and no cell may have run.
    const part = sum > spent && sum > 0 ? Math.max(spent, 0) / sum : 1
    for (const [cell, ran] of wanted) cell.charge(ran * part)
    this.#credit = Math.min(Math.max(spent - sum, 0), maxCredit)
  }
}
