import { TypeErrorOf } from '../../prelude/primordials.js'

/** @type {EngineParts['incompatible']} */
export function incompatible(method, receiver) {
  return new TypeErrorOf(`Method ${method} called on incompatible receiver ${nameOfReceiver(receiver)}`)
}

/** @type {EngineParts['nameOfReceiver']} */
export function nameOfReceiver(value) {
  return value === null ? 'null' : typeof value === 'object' ? '#<Object>' : typeof value
}
