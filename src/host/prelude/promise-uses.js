import {
  getOwnPropertyDescriptor,
  getPrototypeOf,
  indexOf,
  isArray,
  objectPrototype,
  ownKeys,
  promisePrototype,
} from './primordials.js'

// Promises that a program used as values: printed, notified, stored or passed to a tool; and strings that spell one. These
// counts are not events; `promiseUsesOf` reads them.
export const PRINTED = 0
export const NOTIFIED = 1
export const STORED = 2
export const PASSED = 3
const SPELLED = 4
const promiseUses = new Uint32Array(5)
const spelledPromise = '[object Promise]'
let isSpelledElsewhere = false
let partsLeft = 0

/** Notes that a string from outside spells a promise: then a printed one proves nothing. @type {(string: string) => void} */
export function readText(string) {
  if (!isSpelledElsewhere && indexOf(string, spelledPromise) !== -1) isSpelledElsewhere = true
}

/** @type {(use: number, count: number) => void} */
function addPromises(use, count) {
  promiseUses[use] = (promiseUses[use] ?? 0) + count
}

/** Counts the promises in a value that leaves the cell as `body`. @type {(use: number, value: unknown, body: string) => void} */
export function countPromises(use, value, body) {
  if (!isSpelledElsewhere && indexOf(body, spelledPromise) !== -1) addPromises(SPELLED, 1)
  // JSON shows a promise as an empty object.
  if (typeof value !== 'object' || indexOf(body, '{}') === -1) return
  partsLeft = 1000
  try {
    addPromises(use, promisesIn(value, 8))
  } catch {
    // The stack is exhausted, or a trap of a proxy threw: the counts do not justify an error.
  }
}

/** Calls nothing that a program wrote, except for the traps of proxies. @type {(value: any, levels: number) => number} */
function promisesIn(value, levels) {
  if (typeof value !== 'object' || value === null || levels === 0 || --partsLeft < 0) return 0
  const prototype = getPrototypeOf(value)
  if (prototype === promisePrototype || (prototype !== null && getPrototypeOf(prototype) === promisePrototype)) return 1
  const isList = isArray(value)
  if (!isList && prototype !== objectPrototype && prototype !== null) return 0
  if (getOwnPropertyDescriptor(value, 'toJSON') !== undefined) return 0
  const keys = isList ? undefined : ownKeys(value)
  const length = keys === undefined ? value.length : keys.length
  let count = 0
  for (let index = 0; index < length && partsLeft > 0; index++) {
    const part = getOwnPropertyDescriptor(value, keys === undefined ? index : /** @type {string} */ (keys[index]))
    if (part !== undefined && part.enumerable) count += promisesIn(part.value, levels - 1)
  }
  return count
}

/** Returns the counts, or an empty string when all are zero. */
export function promiseCounts() {
  let sum = 0
  for (let use = 0; use < 5; use++) sum += promiseUses[use] ?? 0
  if (sum === 0) return ''
  return `${promiseUses[0]},${promiseUses[1]},${promiseUses[2]},${promiseUses[3]},${promiseUses[4]}`
}
