import type { commandKinds, emissionKinds, locationScopes, maxRingText, ringLayout, waitKinds } from '../bridge.ts'

/** Names that `prelude-script.ts` puts around the parts: the arguments of the script, and constants of the host. */
declare global {
  /** Sends one event to the host without waiting. */
  const emit: (kind: number, id: number, a: string, b: string) => void
  /** Waits for the host, which is how the host slows a cell down. */
  const host: { applySyncPromise(receiver: undefined, args: number[]): unknown }
  /** The memory of `text-ring.ts`, through which short strings leave. */
  const ring: SharedArrayBuffer
  const hostConstants: {
    readonly emissionKinds: typeof emissionKinds
    readonly waitKinds: typeof waitKinds
    readonly commandKinds: typeof commandKinds
    readonly locationScopes: typeof locationScopes
    readonly ringLayout: typeof ringLayout
    readonly maxRingText: typeof maxRingText
  }
}
