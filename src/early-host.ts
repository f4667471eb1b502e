import { limitRanges } from './session/common/limits.ts'
import { startEarlyHost } from './session/hosts/early-host.ts'

/** Starts a host with the default options of a pool, for the first pool of this process. */
export function startDefaultHost(): void {
  startEarlyHost({
    profile: 'default',
    memoryMb: limitRanges.maxMemoryMbPerCell.default,
    timeZone: 'UTC',
    locale: 'en-US',
  })
}
