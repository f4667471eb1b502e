import { charCodeAt } from './primordials.js'
import { emissionKinds } from '../engine/bridge.ts'
import { bytesOf, limit, limitText } from './limits.js'
import { emitInOrder, park, send } from './emissions.js'
import { emitLocation } from './location.js'
import { textOf } from './json.js'
import { NOTIFIED, countPromises, promiseCounts } from './promise-uses.js'

let notifications = 0

/** @type {(value: unknown) => void} */
export function notify(value) {
  const message = textOf(value)
  if (isBlank(message)) throw 'notify expects non-empty text'
  if (bytesOf(message) > limit('notificationBytes')) {
    throw limitText('notification_bytes', limit('notificationBytes'), bytesOf(message))
  }
  if (++notifications > limit('notifications')) {
    throw limitText('notifications', limit('notifications'), notifications)
  }
  countPromises(NOTIFIED, value, message)
  emitLocation()
  send(emissionKinds.notify, 0, '', message)
}

/** Blank means Unicode White_Space, which differs from what `trim` removes. @type {(message: string) => boolean} */
function isBlank(message) {
  for (let index = 0; index < message.length; index++) {
    const c = charCodeAt(message, index)
    const space =
      (c >= 9 && c <= 13) ||
      c === 0x20 ||
      c === 0x85 ||
      c === 0xa0 ||
      c === 0x1680 ||
      (c >= 0x2000 && c <= 0x200a) ||
      c === 0x2028 ||
      c === 0x2029 ||
      c === 0x202f ||
      c === 0x205f ||
      c === 0x3000
    if (!space) return false
  }
  return true
}

export function yield_control() {
  emitLocation()
  send(emissionKinds.yield, 0, '', '')
}

export function exit() {
  emitInOrder(emissionKinds.exit, 0, promiseCounts(), '')
  park()
}
