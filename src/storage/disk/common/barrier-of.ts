import type { Barrier } from '../../session-store.ts'

/** Returns the barrier of a store that writes at once: null when `flush` succeeds. */
export function barrierOf(flush: () => void): Barrier {
  try {
    flush()
    return null
  } catch (error) {
    return Promise.reject(error)
  }
}
