import { emissionKinds, waitKinds } from '../engine/bridge.ts'
import { laterLimit, limitText } from './limits.js'

/** A program waits for the host after so many events, or after so many characters of them. */
const maxUnfencedEvents = 256
const maxUnfencedLength = 262144
let unfencedEvents = 0
let unfencedLength = 0
/** Everything that went out, except for the end of the cell. */
let events = 0
/** True during the warm-up, when nothing may leave. */
export let isMuted = false

export function mute() {
  isMuted = true
}

export function unmute() {
  unfencedEvents = 0
  unfencedLength = 0
  isMuted = false
}

/** Waits until the host can take more. */
export function fence() {
  unfencedEvents = 0
  unfencedLength = 0
  waitForHost(waitKinds.fence)
}

/** Emits the location of the next event. @type {(line: number, column: number) => void} */
export function sendLocation(line, column) {
  if (isMuted) return
  countEvent()
  putLocation(line, column)
}

/** Emits one event without a pause after it. @type {(kind: number, id: number, a: string, b: string) => void} */
export function emitInOrder(kind, id, a, b) {
  if (isMuted) return
  if (kind < emissionKinds.done) countEvent()
  putEvent(kind, id, a, b)
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
export function countEvent() {
  if (++events > laterLimit('events')) endAt('events', laterLimit('events'), events)
}
