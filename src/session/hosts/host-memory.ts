import type { HostedCell } from './hosted-cell.ts'

/** Memory that a process retains per disposed isolate, in MiB: twice the measured 4 MiB. */
const retainedMbPerIsolate = 8
/** Maximum memory that a host without cells retains in addition to its initial memory, in MiB. */
const maxRetainedMb = 128

/**
 * Memory in addition to the limit of each cell on QuickJS, in MiB: a third more than the 18 MiB that the thread of a cell takes, with
 * the compiled engine.
 */
const quickJsThreadMb = 24

/** Memory of a host process above the limit of all its cells. */
export type Excess = {
  /** In MiB. */
  readonly usedMb: number
  /** Null when several cells can have caused it. */
  readonly culprit: HostedCell | null
}

/** The memory accounting of a host process, which is needed because the limit of isolated-vm is only a guideline. */
export class HostMemory {
  readonly #residentBytes: () => number | null
  /** Memory that each isolate uses in addition to its limit, in MiB. */
  #extraMb = 0
  #freshBytes = 0
  #idleBytes = 0
  /** Whether the newest cell joined other isolates, whose memory the process may retain. */
  #hadOthers = false
  /** Maximum number of concurrent isolates since the host was last empty. */
  #peak = 0

  constructor(residentBytes: () => number | null) {
    this.#residentBytes = residentBytes
  }

  /** Called when the host is ready, before its first cell. `engineName` is null when the host does not report its engine. */
  onStarted(engineName: string | null = null): void {
    this.#extraMb = engineName === 'quickjs' ? quickJsThreadMb : 0
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

  /**
   * Returns the excess of the host; null when its memory is within the limit. `leaving` has the limits of disposed isolates,
   * in MiB.
   */
  excess(cells: Iterable<HostedCell>, leaving: Iterable<number>): Excess | null {
    const usedMb = this.#growthMb(this.#idleBytes)
    const present = [...cells]
    const limits = [...present.map(({ memoryMb }) => memoryMb), ...leaving]
    if (usedMb === null || usedMb <= this.#allowedMb(limits)) return null
    // The process releases memory late, so a cell that had neighbors may not have caused the excess.
    const [only = null] = this.#hadOthers ? [] : present
    return { usedMb: Math.round(usedMb), culprit: only }
  }

  /** Whether a host without cells retains so much memory that it should be replaced. Some of it is never released. */
  get hasGrown(): boolean {
    return (this.#growthMb(this.#freshBytes) ?? 0) > maxRetainedMb
  }

  /** Returns the memory above `bytes`, in MiB; null when it cannot be read. */
  #growthMb(bytes: number): number | null {
    const resident = this.#residentBytes()
    return resident === null ? null : (resident - bytes) / 1024 / 1024
  }

  /**
   * Returns the memory that isolates with these limits may use together, in MiB: 1.5 times the highest limit, a constant for each
   * further isolate, that of the threads of QuickJS, and the memory that the process retains of disposed isolates.
   */
  #allowedMb(limits: readonly number[]): number {
    const load = limits.length
    const isolates = Math.max(0, ...limits) * 1.5 + 48 * (load - 1)
    return isolates + this.#extraMb * this.#peak + retainedMbPerIsolate * (this.#peak - load)
  }
}
