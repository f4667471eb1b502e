import type { Host } from './host.ts'
import type { HostedCell } from './hosted-cell.ts'

/** Returns the cell on these hosts that has been idle longest; null when no cell is idle. */
export function longestIdle(hosts: Iterable<Host>): HostedCell | null {
  let longest: HostedCell | null = null
  for (const host of hosts) {
    for (const cell of host.cells) {
      if (cell.idleSince === null) continue
      if (longest === null || cell.idleSince < (longest.idleSince ?? 0)) longest = cell
    }
  }
  return longest
}
