import type { HostLoss } from '../hosts/hosted-cell.ts'

/** How often a program may lose its host without progress before it counts as the culprit. */
const maxLosses = { crashed: 2, killed: 3 }

/**
 * Counts the hosts that a suspect has lost without progress in between. Alone on a host a program is the only suspect, but something
 * outside may have killed the host: repetition tells.
 */
export class CrashRetries {
  #losses = 0
  #progress = -1

  /** Counts a loss, and returns whether the program has used up its retries. */
  isExhaustedAfter({ crashed }: HostLoss, progress: number): boolean {
    if (this.#progress !== progress) this.#losses = 0
    this.#progress = progress
    this.#losses++
    return this.#losses >= (crashed ? maxLosses.crashed : maxLosses.killed)
  }
}
