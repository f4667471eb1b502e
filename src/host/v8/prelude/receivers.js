import { TypeErrorOf, getOwnPropertyDescriptor, indexOf, mapHas, setHas, slice } from '../../prelude/primordials.js'

/** @type {EngineParts['incompatible']} */
export function incompatible(method, receiver) {
  return new TypeErrorOf(`Method ${method} called on incompatible receiver ${nameOfReceiver(receiver)}`)
}

const beforeReceiver = 'incompatible receiver '

/** @type {EngineParts['nameOfReceiver']} */
export function nameOfReceiver(value) {
  return nameIn(mapHas, value) ?? nameIn(setHas, value) ?? ''
}

/** @type {(method: (self: any, key: unknown) => unknown, value: unknown) => string | undefined} */
function nameIn(method, value) {
  try {
    method(value, undefined)
    return undefined
  } catch (thrown) {
    const message = getOwnPropertyDescriptor(/** @type {Error} */ (thrown), 'message')?.value
    return slice(message, indexOf(message, beforeReceiver) + beforeReceiver.length)
  }
}
