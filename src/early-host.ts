import { limitRanges } from './session/common/limits.ts'
import type { EngineName } from './protocol/engine-name.ts'
import { startEarlyHost } from './session/hosts/early-host.ts'

/** Starts a host with the default options of a pool apart from the engine, for the first pool of this process. */
export function startDefaultHost(engineName: EngineName): void {
  startEarlyHost({
    profile: 'default',
    engineName,
    memoryMb: limitRanges.maxMemoryMbPerCell.default,
    timeZone: 'UTC',
    locale: 'en-US',
  })
}
