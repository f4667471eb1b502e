import type { HostedCell } from './hosted-cell.ts'

/** What a host keeps of the memory of an isolate that is gone, in MiB: measured 4, and as much again. */
const retainedMbPerIsolate = 8
/** What a host without cells may keep beyond what it had when it was new, in MiB. */
const maxRetainedMb = 128

/** A host's process holds more than its cells may use together. */
export type Excess = {
  readonly usedMb: number
  /** The cell that must have done it, if there is one. */
  readonly culprit: HostedCell | null
}

/** What of the memory of a host's process its cells may have, and what they leave behind. isolated-vm's own limit is a guideline. */
export class HostMemory {
  readonly #residentBytes: () => number | null
  #freshBytes = 0
  #idleBytes = 0
  /** Whether cells that are gone may have left memory behind since the host was last empty. */
  #hadOthers = false
  /** The most isolates that were here since the host was last empty. */
  #peak = 0

  constructor(residentBytes: () => number | null) {
    this.#residentBytes = residentBytes
  }

  /** The host is running, and has had no cell. */
  onStarted(): void {
    this.#freshBytes = this.#idleBytes = this.#residentBytes() ?? 0
  }

  /** Called before a cell starts on a host that has `load` other isolates. */
  onCell(load: number): void {
    if (load === 0) {
      this.#idleBytes = this.#residentBytes() ?? 0
      this.#peak = 0
    }
    this.#hadOthers = load > 0
    this.#peak = Math.max(this.#peak, load + 1)
  }

  /** What is wrong with it while `cells` are here, and isolates that are leaving and may have `leaving` MiB each. */
  excess(cells: Iterable<HostedCell>, leaving: Iterable<number>): Excess | null {
    const used = this.#beyond(this.#idleBytes)
    const present = [...cells]
    const limits = [...present.map(({ memoryMb }) => memoryMb), ...leaving]
    if (used === null || used <= this.#allowance(limits)) return null
    // Memory is released late: a cell is not the culprit for what another one has left behind.
    const [only = null] = this.#hadOthers ? [] : present
    return { usedMb: Math.round(used), culprit: only }
  }

  /** Whether a host without cells keeps so much of what they had that a new one is better: some of it never comes back. */
  get hasGrown(): boolean {
    return (this.#beyond(this.#freshBytes) ?? 0) > maxRetainedMb
  }

  /** In MiB; null where it cannot be read. */
  #beyond(bytes: number): number | null {
    const resident = this.#residentBytes()
    return resident === null ? null : (resident - bytes) / 1024 / 1024
  }

  /**
   * Half again what the greediest isolate may use, and a share for each further one; a cell alone is judged exactly. Isolates that
   * are gone leave some behind: the process keeps it for the next ones.
   */
  #allowance(limits: readonly number[]): number {
    const load = limits.length
    return Math.max(0, ...limits) * 1.5 + 48 * (load - 1) + retainedMbPerIsolate * (this.#peak - load)
  }
}
