import { atomicExchange, atomicLoad, atomicStore, charCodeAt, waitForHost } from './primordials.js'
import { emissionKinds, ringLayout, waitKinds } from '../bridge.ts'
import { laterLimit, limitText } from './limits.js'

const ringControl = new Int32Array(ring, 0, ringLayout.headerBytes / 4)
const ringUnits = new Uint16Array(ring, ringLayout.headerBytes)
const ringMask = ringUnits.length - 1
let ringWritten = 0

/** A program waits for the host after so many events, or after so many characters of them. */
const maxUnfencedEvents = 256
const maxUnfencedLength = 262144
let unfencedEvents = 0
let unfencedLength = 0
/** Everything that went out, except for the end of the cell. */
let events = 0
/** True during the warm-up, when nothing may leave. */
let isMuted = false

export function mute() {
  isMuted = true
}

export function unmute() {
  unfencedEvents = 0
  unfencedLength = 0
  isMuted = false
}

function fence() {
  unfencedEvents = 0
  unfencedLength = 0
  waitForHost(waitKinds.fence)
}

/** Waits until the ring has room for a number of units. @type {(units: number) => void} */
function makeRoom(units) {
  while (((ringWritten - atomicLoad(ringControl, ringLayout.read)) | 0) + units > ringMask) fence()
}

/** Makes everything before a position visible to the host. @type {(at: number) => void} */
function publish(at) {
  ringWritten = at | 0
  atomicStore(ringControl, ringLayout.written, ringWritten)
}

/** Writes a short string to the ring, and wakes the host unless it is awake. @type {(string: string) => void} */
export function writeText(string) {
  const length = string.length
  if (isMuted) return
  countEvent()
  makeRoom(length + 1)
  let at = ringWritten
  ringUnits[at++ & ringMask] = length
  for (let index = 0; index < length; index++) ringUnits[at++ & ringMask] = charCodeAt(string, index)
  publish(at)
  if (atomicExchange(ringControl, ringLayout.bell, 1) === 0) emit(emissionKinds.bell, 0, '', '')
}

/** Writes the location of the next event to the ring. @type {(line: number, column: number) => void} */
export function writeLocation(line, column) {
  if (isMuted) return
  countEvent()
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

/** Emits one event, in order with the strings of the ring. @type {(kind: number, id: number, a: string, b: string) => void} */
export function emitInOrder(kind, id, a, b) {
  if (isMuted) return
  if (kind < emissionKinds.done) countEvent()
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

/** @type {(kind: number, id: number, a: string, b: string) => void} */
export function send(kind, id, a, b) {
  emitInOrder(kind, id, a, b)
  slowDown(a.length + b.length)
}

/** Waits for the host when much has gone out. @type {(length: number) => void} */
export function slowDown(length) {
  unfencedLength += length
  if (++unfencedEvents >= maxUnfencedEvents || unfencedLength >= maxUnfencedLength) fence()
}

/** Ends the cell here: the host disposes the isolate while this thread waits. @returns {never} */
export function park() {
  try {
    waitForHost(waitKinds.park)
  } catch {}
  for (;;);
}

/** Ends the cell at a limit. @type {(resource: string, max: number, observed: number) => never} */
export function endAt(resource, max, observed) {
  emitInOrder(emissionKinds.limit, observed, resource, limitText(resource, max, observed))
  return park()
}

/** The session keeps a digest of every event, which a replay is checked against, so their number is limited. */
function countEvent() {
  if (++events > laterLimit('events')) endAt('events', laterLimit('events'), events)
}
