import type { HostLoss } from '../hosts/hosted-cell.ts'

/** Number of host losses without progress after which a program counts as the culprit. */
const maxLosses = { crashed: 2, killed: 3 }

/**
 * Counts the hosts that a suspect has lost without progress in between. A single loss of a dedicated host does not prove the guilt of
 * its program, because an external process can have killed the host.
 */
export class CrashRetries {
  #losses = 0
  #progress = -1

  /** Counts a loss. Returns whether the program has used up its retries. */
  isExhaustedAfter({ crashed }: HostLoss, progress: number): boolean {
    if (this.#progress !== progress) this.#losses = 0
    this.#progress = progress
    this.#losses++
    return this.#losses >= (crashed ? maxLosses.crashed : maxLosses.killed)
  }
}
