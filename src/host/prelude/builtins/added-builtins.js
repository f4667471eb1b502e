import {
  TypeErrorOf,
  WeakMapOf,
  apply,
  arrayOfLength,
  iteratorFlatMap,
  iteratorKey,
  mapGet,
  mapHas,
  mapSet,
  weakMapGet,
  weakMapHas,
  weakMapSet,
} from '../primordials.js'
import './byte-methods.js'
import './precise-sum.js'
import { addMethods } from '../native.js'

// Builtins of the language that the engine lacks. A program sees them as it sees those of the engine.

addMethods(Map.prototype, {
  /** @this {any} @param {unknown} key @param {unknown} value */
  getOrInsert(key, value) {
    checkMap(this, mapHas, 'Map.prototype.getOrInsert')
    if (mapHas(this, key)) return mapGet(this, key)
    mapSet(this, key, value)
    return value
  },
  /** @this {any} @param {unknown} key @param {any} callback */
  getOrInsertComputed(key, callback) {
    checkMap(this, mapHas, 'Map.prototype.getOrInsertComputed')
    checkCallback(callback, 'Map.prototype.getOrInsertComputed')
    if (mapHas(this, key)) return mapGet(this, key)
    // A map has no negative zero.
    const value = apply(callback, undefined, [key === 0 ? 0 : key])
    mapSet(this, key, value)
    return value
  },
})

addMethods(WeakMap.prototype, {
  /** @this {any} @param {any} key @param {unknown} value */
  getOrInsert(key, value) {
    checkMap(this, weakMapHas, 'WeakMap.prototype.getOrInsert')
    if (weakMapHas(this, key)) return weakMapGet(this, key)
    setWeakly(this, key, value)
    return value
  },
  /** @this {any} @param {any} key @param {any} callback */
  getOrInsertComputed(key, callback) {
    checkMap(this, weakMapHas, 'WeakMap.prototype.getOrInsertComputed')
    checkCallback(callback, 'WeakMap.prototype.getOrInsertComputed')
    if (weakMapHas(this, key)) return weakMapGet(this, key)
    if (!canBeWeak(key)) throw new TypeErrorOf(badWeakKey)
    const value = apply(callback, undefined, [key])
    weakMapSet(this, key, value)
    return value
  },
})

addMethods(Iterator, {
  concat(/** @type {any[]} */ ...iterables) {
    /** @type {{ open: Function, iterable: object }[]} */
    const opened = arrayOfLength(iterables.length)
    for (let index = 0; index < iterables.length; index++) {
      opened[index] = openable(iterables[index])
    }
    // A helper of the engine: its prototype, its states and the way in which it closes iterators are those of `concat`.
    let position = 0
    const list = {
      __proto__: null,
      next: () =>
        position < opened.length
          ? { __proto__: null, done: false, value: opened[position++] }
          : { __proto__: null, done: true, value: undefined },
    }
    return iteratorFlatMap(list, (/** @type {any} */ { open, iterable }) => ({
      __proto__: null,
      [iteratorKey]: () => apply(open, iterable, []),
    }))
  },
})

/** @type {(iterable: any) => { open: Function, iterable: object }} */
function openable(iterable) {
  if ((typeof iterable !== 'object' || iterable === null) && typeof iterable !== 'function') {
    throw new TypeErrorOf('Iterator.concat called on non-object')
  }
  const open = iterable[iteratorKey]
  if (open === undefined || open === null) throw new TypeErrorOf(`${nameOfReceiver(iterable)} is not iterable`)
  if (typeof open !== 'function') throw new TypeErrorOf('the iterator method of an argument is not a function')
  return { open, iterable }
}

/** @type {(value: unknown, has: (value: any, key: any) => unknown, method: string) => void} */
function checkMap(value, has, method) {
  try {
    has(value, undefined)
  } catch {
    throw incompatible(method, value)
  }
}

/** @type {(callback: unknown, method: string) => void} */
function checkCallback(callback, method) {
  if (typeof callback !== 'function') throw new TypeErrorOf(`${method} is not a function`)
}

const badWeakKey = 'Invalid value used as weak map key'

/** @type {(map: any, key: any, value: unknown) => void} */
function setWeakly(map, key, value) {
  if (!canBeWeak(key)) throw new TypeErrorOf(badWeakKey)
  weakMapSet(map, key, value)
}

/** Accepts the keys of every weak map; made on first use. @type {WeakMap<any, undefined> | undefined} */
let probe

/** @type {(key: any) => boolean} */
function canBeWeak(key) {
  try {
    probe ??= new WeakMapOf()
    weakMapSet(probe, key, undefined)
    return true
  } catch {
    return false
  }
}
