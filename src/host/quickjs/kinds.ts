import { emissionOf, type Emission, type EmittedCall } from '../engine/bridge.ts'

/**
 * Kinds of calls out of a machine, in addition to those of `bridge.ts`: the location of the next event, with its column in `a`; the
 * report that QuickJS has refused to allocate memory, from which no call returns; and the question whether JSON has more than a number
 * of levels, because the host reads characters a hundred times faster.
 */
export const quickJsKinds = { location: 19, outOfMemory: 20, jsonDepth: 21 } as const

/** Returns the emission of a call out of a machine; null for an unknown kind. */
export function emissionOfCall(call: EmittedCall): Emission | null {
  if (call.kind === quickJsKinds.location) return { type: 'place', line: call.id, column: Number(call.a) }
  return emissionOf(call)
}
