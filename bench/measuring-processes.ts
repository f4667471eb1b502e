import { Measurement } from './measurement.ts'
import type { Rival } from './rivals/rival.ts'
import type { Reading, Workload } from './workloads/workload.ts'

/** The processes that measure one workload, one for each rival, kept or replaced as the workload asks. */
export class MeasuringProcesses implements AsyncDisposable {
  readonly #workload: Workload
  readonly #options: { readonly quick: boolean }
  readonly #kept = new Map<Rival, Measurement>()

  constructor(workload: Workload, options: { readonly quick: boolean }) {
    this.#workload = workload
    this.#options = options
  }

  async round(rival: Rival): Promise<readonly Reading[]> {
    const measurement = this.#kept.get(rival) ?? new Measurement(rival, this.#workload, this.#options)
    this.#kept.set(rival, measurement)
    const readings = await measurement.round()
    // A process in which something failed may hang.
    if (this.#workload.process === 'fresh' || readings.some(({ value }) => typeof value === 'string')) {
      this.#kept.delete(rival)
      await measurement[Symbol.asyncDispose]()
    }
    return readings
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#kept.values()].map((measurement) => measurement[Symbol.asyncDispose]()))
  }
}
