import {
  ProxyOf,
  TypeErrorOf,
  defineProperty,
  freeze,
  getOwnPropertyDescriptor,
  indexOf,
  mapHas,
  ownKeys,
  setHas,
  slice,
} from './primordials.js'

// Builtins that the prelude replaces, or adds where the engine lacks them.

/** @type {ProxyHandler<any>} */
const noTraps = freeze(/** @type {object} */ ({ __proto__: null }))

/** Returns the function with the text of a builtin: `String` shows no source. @template {Function} T @param {T} fn @returns {T} */
export function asNative(fn) {
  const native = new ProxyOf(fn, noTraps)
  const prototype = getOwnPropertyDescriptor(fn, 'prototype')?.value
  if (prototype !== undefined && getOwnPropertyDescriptor(prototype, 'constructor') !== undefined) {
    defineBuiltin(prototype, 'constructor', native)
  }
  return native
}

/** Defines a member as builtins are: not enumerable. @type {(owner: object, name: string | symbol, value: unknown) => void} */
export function defineBuiltin(owner, name, value) {
  /** @type {PropertyDescriptor & { __proto__: null }} */
  const descriptor = { __proto__: null, value, writable: true, enumerable: false, configurable: true }
  defineProperty(owner, name, descriptor)
}

/**
 * Adds the methods that an object lacks. Called before a program runs. `lengths` has the lengths that a declaration does not give.
 * @type {(owner: object, methods: Record<string, Function>, lengths?: Record<string, number>) => void}
 */
export function addMethods(owner, methods, lengths = {}) {
  for (const name of /** @type {string[]} */ (ownKeys(methods))) {
    const method = methods[name]
    if (method === undefined || getOwnPropertyDescriptor(owner, name) !== undefined) continue
    defineProperty(method, 'length', { value: lengths[name] ?? method.length })
    defineBuiltin(owner, name, asNative(method))
  }
}

/** Returns an error that names a receiver in the words of the engine. @type {(method: string, receiver: unknown) => TypeError} */
export function incompatible(method, receiver) {
  return new TypeErrorOf(`Method ${method} called on incompatible receiver ${nameOfReceiver(receiver)}`)
}

const beforeReceiver = 'incompatible receiver '

/** Returns how V8 names a value in an error. Nothing of a program is called. @type {(value: unknown) => string} */
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
