import {
  arrayPrototype,
  defineProperty,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  isArray,
  iteratorKey,
  mapForEach,
  mapPrototype,
  setForEach,
  setPrototype,
} from './primordials.js'

/** Defines a member as an assignment would. @type {(owner: object, name: string, value: unknown) => void} */
export function setMember(owner, name, value) {
  /** @type {PropertyDescriptor & { __proto__: null }} */
  const descriptor = {
    // A program may have put a `get` where descriptors inherit from.
    __proto__: null,
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  }
  defineProperty(owner, name, descriptor)
}

/** @type {(name: string, value: unknown) => void} */
export function setGlobal(name, value) {
  setMember(globalThis, name, value)
}

/**
 * Visits the elements of an ordinary array, set or map without the iterators that a program may have replaced. Returns false
 * for anything else.
 * @type {(value: any, visit: (element: any) => void) => boolean}
 */
export function visitBuiltIn(value, visit) {
  if (typeof value !== 'object' || value === null) return false
  if (getOwnPropertyDescriptor(value, iteratorKey) !== undefined) return false
  const prototype = getPrototypeOf(value)
  if (prototype === arrayPrototype && isArray(value)) {
    for (let index = 0; index < value.length; index++) visit(value[index])
  } else if (prototype === setPrototype) setForEach(value, visit)
  else if (prototype === mapPrototype)
    mapForEach(value, (/** @type {any} */ element, /** @type {any} */ key) => visit([key, element]))
  else return false
  return true
}
