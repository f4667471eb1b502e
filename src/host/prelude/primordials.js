// Builtins as they are before a program runs: nothing that a program replaces changes what the prelude does.
export const { apply, construct, defineProperty, deleteProperty, getOwnPropertyDescriptor, getPrototypeOf } = Reflect
export const { ownKeys, preventExtensions, get: getMember, has: hasMember, set: assignMember } = Reflect
export const { parse, stringify } = JSON
export const { fromEntries: objectFromEntries, keys: objectKeys, freeze } = Object
export const PromiseOf = Promise
export const MapOf = Map
export const ProxyOf = Proxy
export const ErrorOf = Error
export const TypeErrorOf = TypeError
export const RangeErrorOf = RangeError
export const SyntaxErrorOf = SyntaxError
const ArrayOf = Array
export const NumberOf = Number
export const BigIntOf = BigInt
export const Uint8ArrayOf = Uint8Array
export const Float64ArrayOf = Float64Array
export const Uint32ArrayOf = Uint32Array
export const WeakMapOf = WeakMap
export const isArray = Array.isArray
export const isFiniteNumber = Number.isFinite
export const trunc = Math.trunc
export const mathImul = Math.imul
export const iteratorKey = Symbol.iterator
export const fromCharCode = String.fromCharCode
export const promiseReject = Promise.reject

const call = Function.prototype.call
/** Returns a method as a function of its receiver. @type {(fn: Function) => (self: any, ...args: any[]) => any} */
export const uncurry = (fn) => call.bind(fn)

export const charCodeAt = uncurry(String.prototype.charCodeAt)
export const slice = uncurry(String.prototype.slice)
export const indexOf = uncurry(String.prototype.indexOf)
export const toLowerCase = uncurry(String.prototype.toLowerCase)
export const toWellFormed = uncurry(String.prototype.toWellFormed)
export const arrayPrototype = Array.prototype
export const mapPrototype = Map.prototype
export const setPrototype = Set.prototype
export const promisePrototype = Promise.prototype
export const objectPrototype = Object.prototype
export const mapForEach = uncurry(Map.prototype.forEach)
export const setForEach = uncurry(Set.prototype.forEach)
export const mapGet = uncurry(Map.prototype.get)
export const mapSet = uncurry(Map.prototype.set)
export const mapHas = uncurry(Map.prototype.has)
export const mapDelete = uncurry(Map.prototype.delete)
export const setHas = uncurry(Set.prototype.has)
export const weakMapGet = uncurry(WeakMap.prototype.get)
export const weakMapSet = uncurry(WeakMap.prototype.set)
export const weakMapHas = uncurry(WeakMap.prototype.has)
export const iteratorFlatMap = uncurry(Iterator.prototype.flatMap)
const arrayFromOf = Array.from
/** Returns an array with all its elements: a program's setters do not see writes to them. @type {(length: number) => any[]} */
export const arrayOfLength = (length) =>
  apply(arrayFromOf, ArrayOf, [/** @type {object} */ ({ __proto__: null, length })])

const typedArrayPrototype = getPrototypeOf(Uint8Array.prototype)
/** @type {(name: string | symbol) => (self: any) => any} */
const typedArrayGetter = (name) =>
  uncurry(/** @type {Function} */ (getOwnPropertyDescriptor(/** @type {object} */ (typedArrayPrototype), name)?.get))
/** The name of the class of a typed array; undefined for any other value. */
export const typedArrayName = typedArrayGetter(Symbol.toStringTag)
export const typedArrayLength = typedArrayGetter('length')
export const typedArrayBuffer = typedArrayGetter('buffer')
export const typedArrayFill = uncurry(Uint8Array.prototype.fill)
export const mapSize = uncurry(/** @type {() => number} */ (getOwnPropertyDescriptor(Map.prototype, 'size')?.get))
