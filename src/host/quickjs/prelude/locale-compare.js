import { charCodeAt, indexOf, slice, toLowerCase, uncurry } from '../../prelude/primordials.js'
import { checkLocales, optionIn, readOptions } from './locale-options.js'
import { installLocalized } from './locale-numbers.js'

const normalize = uncurry(String.prototype.normalize)
/** The order of signs before digits and letters. */
const signs = '_-,;:!?.\'"()[]{}@*/\\&#%`^+<=>|~$'
const compareOptions = ' numeric sensitivity usage '

/** Returns the first place of a character in the order of English, 0 for a mark above or below a letter. @type {(code: number) => number} */
function rankOf(code) {
  if (code >= 97 && code <= 122) return code + 1000
  if (code >= 48 && code <= 57) return code + 500
  if (code >= 0x300 && code <= 0x36f) return 0
  if (code <= 32) return code + 1
  const sign = code < 127 ? indexOf(signs, slice(asciiCharacters, code, code + 1)) : -1
  return sign === -1 ? code + 2000 : sign + 100
}

let asciiCharacters = ''
for (let code = 0; code < 127; code++) asciiCharacters += String.fromCharCode(code)

/** Compares as English does: letters first, then marks, then case. @type {(left: string, right: string, options: Record<string, any>) => number} */
function compare(left, right, options) {
  if (left === right) return 0
  const sensitivity = optionIn(options, 'sensitivity', ' base accent variant ') ?? 'variant'
  const [a, b] = [normalize(left, 'NFD'), normalize(right, 'NFD')]
  const [lowA, lowB] = [toLowerCase(a), toLowerCase(b)]
  const first = comparedLetters(lowA, lowB, options.numeric === true)
  if (first !== 0 || sensitivity === 'base') return first
  if (lowA !== lowB) return lowA < lowB ? -1 : 1
  if (sensitivity === 'accent' || a === b) return 0
  // Lower case comes first.
  return a > b ? -1 : 1
}

/** @type {(left: string, right: string, isNumeric: boolean) => number} */
function comparedLetters(left, right, isNumeric) {
  let a = 0
  let b = 0
  for (;;) {
    while (a < left.length && rankOf(charCodeAt(left, a)) === 0) a++
    while (b < right.length && rankOf(charCodeAt(right, b)) === 0) b++
    if (a >= left.length || b >= right.length)
      return left.length - a === right.length - b ? 0 : a >= left.length ? -1 : 1
    const [endA, endB] = isNumeric ? [endOfDigits(left, a), endOfDigits(right, b)] : [a, b]
    const difference =
      endA > a && endB > b
        ? +slice(left, a, endA) - +slice(right, b, endB)
        : rankOf(charCodeAt(left, a)) - rankOf(charCodeAt(right, b))
    if (difference !== 0) return difference < 0 ? -1 : 1
    const areNumbers = endA > a && endB > b
    a = areNumbers ? endA : a + 1
    b = areNumbers ? endB : b + 1
  }
}

/** @type {(text: string, start: number) => number} */
function endOfDigits(text, start) {
  let end = start
  while (charCodeAt(text, end) >= 48 && charCodeAt(text, end) <= 57) end++
  return end
}

installLocalized(
  String.prototype,
  'localeCompare',
  /** @this {any} */ function (/** @type {any} */ other, /** @type {any} */ locales, /** @type {any} */ options) {
    const left = `${this}`
    const right = `${other}`
    checkLocales(locales)
    return compare(left, right, readOptions(options, compareOptions))
  },
)
