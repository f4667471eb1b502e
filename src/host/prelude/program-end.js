import { slice, toWellFormed } from './primordials.js'
import { emissionKinds } from '../engine/bridge.ts'
import { limit } from './limits.js'
import { emitInOrder } from './emissions.js'
import { textOfThrown } from './json.js'
import { promiseCounts } from './promise-uses.js'

export let hasEnded = false

/** @type {(thrown: unknown) => void} */
export function fail(thrown) {
  if (hasEnded) return
  const message = textOfThrown(thrown)
  if (hasEnded) return
  hasEnded = true
  const max = limit('errorBytes')
  emitInOrder(emissionKinds.failed, 0, promiseCounts(), message.length <= max ? message : shorten(message, max))
}

/** Truncates a string in its middle. @type {(message: string, max: number) => string} */
function shorten(message, max) {
  const half = max >> 1
  return toWellFormed(`${slice(message, 0, half)}…${slice(message, message.length - half)}`)
}

export function complete() {
  if (hasEnded) return
  hasEnded = true
  emitInOrder(emissionKinds.done, 0, promiseCounts(), '')
}

/** Takes back the end of a cell that the warm-up made. */
export function reopen() {
  hasEnded = false
}
