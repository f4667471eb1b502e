import { ProxyOf, defineProperty, freeze, getOwnPropertyDescriptor, ownKeys } from './primordials.js'

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
