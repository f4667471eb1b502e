import { apply, charCodeAt } from '../../prelude/primordials.js'
import { emissionKinds } from '../../engine/bridge.ts'
import { ringLayout } from '../ring-layout.ts'
import { countEvent, fence, isMuted, send } from '../../prelude/emissions.js'

const { load: atomicLoad, store: atomicStore, exchange: atomicExchange } = Atomics
const wait = host.applySyncPromise

/** @type {EngineParts['waitForHost']} */
export function waitForHost(kind, id) {
  return apply(wait, host, [undefined, id === undefined ? [kind] : [kind, id]])
}

const ringControl = new Int32Array(ring, 0, ringLayout.headerBytes / 4)
const ringUnits = new Uint16Array(ring, ringLayout.headerBytes)
const ringMask = ringUnits.length - 1
let ringWritten = 0

/** Waits until the ring has room for a number of units. @type {(units: number) => void} */
function makeRoom(units) {
  while (((ringWritten - atomicLoad(ringControl, ringLayout.read)) | 0) + units > ringMask) fence()
}

/** Makes everything before a position visible to the host. @type {(at: number) => void} */
function publish(at) {
  ringWritten = at | 0
  atomicStore(ringControl, ringLayout.written, ringWritten)
}

/**
 * Writes a short string to the ring, and wakes the host unless it is awake.
 * @type {EngineParts['sendText']}
 */
export function sendText(string) {
  const length = string.length
  if (length > ringLayout.maxText) return send(emissionKinds.text, 0, '', string)
  if (isMuted) return
  countEvent()
  makeRoom(length + 1)
  let at = ringWritten
  ringUnits[at++ & ringMask] = length
  for (let index = 0; index < length; index++) ringUnits[at++ & ringMask] = charCodeAt(string, index)
  publish(at)
  if (atomicExchange(ringControl, ringLayout.bell, 1) === 0) emit(ringLayout.bellKind, 0, '', '')
}

/** @type {EngineParts['putLocation']} */
export function putLocation(line, column) {
  makeRoom(5)
  let at = ringWritten
  ringUnits[at++ & ringMask] = ringLayout.locationUnit
  ringUnits[at++ & ringMask] = line & 0xffff
  ringUnits[at++ & ringMask] = line >>> 16
  ringUnits[at++ & ringMask] = column & 0xffff
  ringUnits[at++ & ringMask] = column >>> 16
  // Without a bell: the event that follows wakes the host.
  publish(at)
}

/** Calls out, and leaves a mark in the ring. @type {EngineParts['putEvent']} */
export function putEvent(kind, id, a, b) {
  makeRoom(1)
  const at = ringWritten & ringMask
  ringUnits[at] = ringLayout.markUnit
  publish(ringWritten + 1)
  try {
    emit(kind, id, a, b)
  } catch (thrown) {
    // The stack was exhausted: the mark has no event.
    ringUnits[at] = ringLayout.skipUnit
    throw thrown
  }
}
