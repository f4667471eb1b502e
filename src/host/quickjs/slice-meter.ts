import type { CellLimits } from '../../protocol/cell-limits.ts'

/**
 * Minimum time of a check, in milliseconds. Edge platforms stop the clock while a program runs; there, programs end after a number of
 * steps. Elsewhere the 10,000 or so steps between two checks take longer.
 */
const minCheckMs = 0.05

/** The limit that a slice has exceeded. `observed` is in milliseconds. */
export type ExceededTime = { readonly limit: 'cpu_ms' | 'stall_ms'; readonly observed: number }

/** Measures the time of the slices of a cell on the thread that runs them. */
export class SliceMeter {
  #limits: Pick<CellLimits, 'cpuMs' | 'stallMs'> | null = null
  #usedMs = 0
  #startedAt = 0
  #activeAt = 0
  #checks = 0
  #isRunning = false

  set limits(limits: Pick<CellLimits, 'cpuMs' | 'stallMs'>) {
    this.#limits = limits
  }

  begin(): void {
    this.#startedAt = this.#activeAt = performance.now()
    this.#checks = 0
    this.#isRunning = true
  }

  end(): void {
    this.#usedMs = this.usedMs
    this.#isRunning = false
  }

  /** Called when the program emits something. */
  onActivity(): void {
    this.#activeAt = performance.now()
  }

  /** Counts an interrupt check. Returns the limit that is exceeded; null for none. */
  check(): ExceededTime | null {
    this.#checks++
    if (this.#limits === null) return null
    const { usedMs } = this
    if (usedMs > this.#limits.cpuMs) return { limit: 'cpu_ms', observed: Math.round(usedMs) }
    const silentMs = performance.now() - this.#activeAt
    return silentMs > this.#limits.stallMs ? { limit: 'stall_ms', observed: Math.round(silentMs) } : null
  }

  /** The time of all slices, in milliseconds. */
  get usedMs(): number {
    if (!this.#isRunning) return this.#usedMs
    return this.#usedMs + Math.max(performance.now() - this.#startedAt, this.#checks * minCheckMs)
  }
}
