import {
  BigIntOf,
  Float64ArrayOf,
  NumberOf,
  RangeErrorOf,
  TypeErrorOf,
  Uint32ArrayOf,
  typedArrayBuffer,
} from '../primordials.js'
import { addMethods } from '../native.js'

// `Math.sumPrecise`, for engines without it. Every finite number is an integer times 2 ** -1074, so the sum of such integers is
// exact. It is in 32-bit digits, because adding big integers one by one is slow.

const digitBits = 32
const digitBase = 2 ** digitBits
/** The numbers that can be added before a digit exceeds 2 ** 53. */
const maxUncarried = 2 ** 19
/** Digits of the largest number, and room for the sum of as many as an iterable can have. */
const digitCount = 69
const maxItems = 2 ** 53 - 1

/** A number and its bits, made on first use. @type {Float64Array | undefined} */
let number
/** @type {Uint32Array | undefined} */
let halves

addMethods(Math, {
  sumPrecise(/** @type {any} */ items) {
    if (items === undefined || items === null) throw new TypeErrorOf('Math.sumPrecise called on null or undefined')
    const sum = new Float64ArrayOf(digitCount)
    let count = 0
    let uncarried = 0
    /** The sum of all values that are not finite; 0 without one. */
    let special = 0
    let isMinusZero = true
    for (const item of items) {
      if (typeof item !== 'number') {
        throw new TypeErrorOf(`Type of 'Iterator value' must be 'number', found '${typeof item}'`)
      }
      if (++count > maxItems) throw new RangeErrorOf('Too many values')
      if (item === 0) isMinusZero &&= 1 / item < 0
      else {
        isMinusZero = false
        // This is false for infinities and NaN.
        if (item - item === 0) addTo(sum, item)
        else special += item
        if (++uncarried === maxUncarried) carry(sum)
        uncarried %= maxUncarried
      }
    }
    // Zero is the only special sum that equals its negation.
    if (special !== 0) return special
    return isMinusZero ? -0 : roundedSum(sum)
  },
})

/** Adds a finite number. @type {(sum: Float64Array, item: number) => void} */
function addTo(sum, item) {
  number ??= new Float64ArrayOf(1)
  halves ??= new Uint32ArrayOf(typedArrayBuffer(number))
  number[0] = item
  const high = halves[1] ?? 0
  const sign = high >>> 31 === 1 ? -1 : 1
  const exponent = (high >>> 20) & 0x7ff
  const shift = exponent === 0 ? 0 : exponent - 1
  const at = (shift / digitBits) | 0
  const factor = 2 ** (shift % digitBits)
  // Each half times the factor is below 2 ** 64, so it belongs to two digits.
  const upper = (high & 0xfffff) + (exponent === 0 ? 0 : 0x100000)
  addHalf(sum, at, sign, halves[0] ?? 0, factor)
  addHalf(sum, at + 1, sign, upper, factor)
}

/** @type {(sum: Float64Array, at: number, sign: number, half: number, factor: number) => void} */
function addHalf(sum, at, sign, half, factor) {
  const inverse = digitBase / factor
  const low = half % inverse
  sum[at] = (sum[at] ?? 0) + sign * low * factor
  sum[at + 1] = (sum[at + 1] ?? 0) + (sign * (half - low)) / inverse
}

/** Brings all digits below 2 ** 32. @type {(sum: Float64Array) => void} */
function carry(sum) {
  for (let at = 0; at < digitCount - 1; at++) {
    const digit = sum[at] ?? 0
    const low = digit % digitBase
    sum[at] = low
    sum[at + 1] = (sum[at + 1] ?? 0) + (digit - low) / digitBase
  }
}

/** Returns the number that is nearest to the sum. @type {(sum: Float64Array) => number} */
function roundedSum(sum) {
  let exact = 0n
  for (let at = digitCount - 1; at >= 0; at--) exact = exact * 4294967296n + BigIntOf(sum[at] ?? 0)
  const isNegative = exact < 0n
  const size = isNegative ? -exact : exact
  // A conversion rounds correctly. It must neither exceed the range of numbers nor lose a bit before it rounds.
  const shift = size < 1n << 1000n ? 0n : size < 1n << 1200n ? 900n : 1074n
  const kept = size >> shift
  const rest = kept << shift === size ? 0n : 1n
  const rounded = NumberOf(kept | rest) * 2 ** (NumberOf(shift) - 1074)
  return isNegative ? -rounded : rounded
}
