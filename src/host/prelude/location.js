import { locationScopes } from '../engine/bridge.ts'
import { limits } from './limits.js'
import { sendLocation } from './emissions.js'

/**
 * Emits the source location of the next event, when the session wants it: of all events, or only of tool calls.
 * @type {(isCall?: boolean) => void}
 */
export function emitLocation(isCall) {
  if (
    limits.locationScope !== locationScopes.all &&
    !(limits.locationScope === locationScopes.calls && isCall === true)
  )
    return
  const location = programLocation(isCall === true)
  if (location !== null) sendLocation(location.line, location.column)
}
