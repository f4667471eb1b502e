/** A cell whose processor time is measured. */
export interface MeteredCell {
  /** What its isolate says it used, in milliseconds: waiting for a core counts as work there. */
  readonly isolateMs: number
  charge(ms: number): void
}

/** How much that nobody was charged with may be charged later, because systems count a running thread late, in milliseconds. */
const maxCredit = 20

/**
 * Divides what the process used among the cells that ran. The figure of an isolate counts from when its thread wanted to run to when
 * it was done; threads of one process get cores in equal parts, so when all of them together want more than the process was given,
 * each has had the same part of what it wanted.
 */
export class CpuShares {
  readonly #workedMs: () => number
  /** With the figure of the isolate that was charged last. */
  readonly #running = new Map<MeteredCell, number>()
  #worked = 0
  #credit = 0

  /** `workedMs`: processor time of all threads that cells run on. */
  constructor(workedMs: () => number = threadsMs) {
    this.#workedMs = workedMs
  }

  /** The cell runs from now on. */
  begin(cell: MeteredCell): void {
    this.settle()
    this.#running.set(cell, cell.isolateMs)
  }

  /** The cell waits from now on. */
  end(cell: MeteredCell): void {
    this.settle()
    this.#running.delete(cell)
  }

  /** Charges those that run with what they used since the last time. */
  settle(): void {
    const worked = this.#workedMs()
    const spent = worked - this.#worked + this.#credit
    this.#worked = worked
    const wanted = new Map<MeteredCell, number>()
    let sum = 0
    for (const [cell, before] of this.#running) {
      const now = cell.isolateMs
      this.#running.set(cell, now)
      // The figure of an isolate that is gone is 0.
      const ran = Math.max(now - before, 0)
      wanted.set(cell, ran)
      sum += ran
    }
    const part = sum > spent ? Math.max(spent, 0) / sum : 1
    for (const [cell, ran] of wanted) cell.charge(ran * part)
    this.#credit = Math.min(Math.max(spent - sum, 0), maxCredit)
  }
}

/** All threads but this one, which passes on messages. */
function threadsMs(): number {
  const all = process.cpuUsage()
  const own = process.threadCpuUsage()
  return (all.user + all.system - own.user - own.system) / 1000
}
