import type { Transport } from '../../protocol/transport.ts'
import { startChildTransport } from './process/child-transport.ts'
import type { HostCommandOptions } from './process/host-command.ts'

let early: { readonly transport: Transport; readonly options: HostCommandOptions } | null = null

/** Starts a host for the first pool of this process. The rest of the package can load while the host starts. */
export function startEarlyHost(options: HostCommandOptions): void {
  early = { transport: startChildTransport(options), options }
}

/** Returns the early host, once. A host with other options ends, and null is returned. */
export function takeEarlyHost(options: HostCommandOptions): Transport | null {
  const found = early
  early = null
  if (found === null || isSame(found.options, options)) return found?.transport ?? null
  found.transport.kill()
  return null
}

function isSame(left: HostCommandOptions, right: HostCommandOptions): boolean {
  return (
    left.profile === right.profile &&
    (left.engineName ?? 'v8') === (right.engineName ?? 'v8') &&
    left.memoryMb === right.memoryMb &&
    left.timeZone === right.timeZone &&
    left.locale === right.locale
  )
}
