import { MapOf, apply, isFiniteNumber, mapDelete, mapGet, mapHas, mapSet, mapSize, trunc } from './primordials.js'
import { emissionKinds } from '../engine/bridge.ts'
import { limit, limitText } from './limits.js'
import { send } from './emissions.js'
import { advanceClock, clock } from './clock-and-random.js'
import { fail } from './program-end.js'

let timersSet = 0
/** @type {Map<number, { callback: Function, due: number }>} */
const timers = new MapOf()

/** @type {(callback: unknown, delay: any) => number} */
export function setTimeout(callback, delay) {
  if (typeof callback !== 'function') throw 'setTimeout expects a function callback'
  const asked = +delay
  const milliseconds = isFiniteNumber(asked) && asked > 0 ? trunc(asked) : 0
  const active = mapSize(timers)
  if (active >= limit('timers')) throw limitText('timers', limit('timers'), active + 1)
  const id = ++timersSet
  mapSet(timers, id, { callback, due: clock + milliseconds })
  send(emissionKinds.timerSet, id, `${milliseconds}`, `${clock}`)
  return id
}

/** @type {(id: any) => void} */
export function clearTimeout(id) {
  if (id === undefined || id === null) return
  let number
  try {
    number = +id
  } catch {
    throw 'clearTimeout expects a numeric timeout id'
  }
  if (!isFiniteNumber(number) || number <= 0) return
  number = trunc(number)
  if (!mapHas(timers, number)) return
  mapDelete(timers, number)
  send(emissionKinds.timerCleared, number, '', '')
}

/** @type {(id: number) => void} */
export function fireTimer(id) {
  const timer = mapGet(timers, id)
  if (timer === undefined) return
  mapDelete(timers, id)
  advanceClock(timer.due)
  try {
    apply(timer.callback, undefined, [])
  } catch (thrown) {
    fail(thrown)
  }
}
