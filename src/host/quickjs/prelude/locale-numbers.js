import { RangeErrorOf, charCodeAt, indexOf, slice, uncurry } from '../../prelude/primordials.js'
import { asNative, defineBuiltin } from '../../prelude/native.js'
import { checkLocales, optionIn, readOptions } from './locale-options.js'

const numberOptions = ' style currency minimumFractionDigits maximumFractionDigits minimumIntegerDigits useGrouping '
/** The signs of currencies, and their digits. Others have their code and two digits. @type {Record<string, readonly [string, number]>} */
const currencies = {
  // @ts-expect-error
  __proto__: null,
  USD: ['$', 2],
  EUR: ['€', 2],
  GBP: ['£', 2],
  JPY: ['¥', 0],
  CNY: ['CN¥', 2],
  INR: ['₹', 2],
  KRW: ['₩', 0],
  BRL: ['R$', 2],
  MXN: ['MX$', 2],
  CAD: ['CA$', 2],
  AUD: ['A$', 2],
}
const padStart = uncurry(String.prototype.padStart)
const toUpperCase = uncurry(String.prototype.toUpperCase)

/** @type {(value: number | bigint, given: any) => string} */
export function formatNumber(value, given) {
  const options = readOptions(given, numberOptions)
  const style = optionIn(options, 'style', ' decimal percent currency ') ?? 'decimal'
  const [sign, digits] = style === 'currency' ? currencyOf(options.currency) : ['', style === 'percent' ? 0 : 3]
  const minimum = digitsOf(options.minimumFractionDigits, style === 'currency' ? digits : 0)
  const most = digits > minimum ? digits : minimum
  const maximum = digitsOf(options.maximumFractionDigits, most)
  if (options.minimumFractionDigits !== undefined && maximum < minimum) {
    throw new RangeErrorOf('maximumFractionDigits value is out of range.')
  }
  const text = `${value}`
  const isNegative = charCodeAt(text, 0) === 45 || (typeof value === 'number' && 1 / value === -Infinity)
  const size = charCodeAt(text, 0) === 45 ? slice(text, 1) : text
  const number =
    size === 'Infinity' || size === 'NaN'
      ? size === 'NaN'
        ? size
        : '∞'
      : decimal(style === 'percent' ? `${size}e2` : size, minimum < maximum ? minimum : maximum, maximum, options)
  const isWord = number === 'NaN' || number === '∞'
  const shownSign = isWord && charCodeAt(sign, 3) === 160 ? slice(sign, 0, 3) : sign
  return `${isNegative ? '-' : ''}${shownSign}${number}${style === 'percent' ? '%' : ''}`
}

/** @type {(value: any, otherwise: number) => number} */
function digitsOf(value, otherwise) {
  if (value === undefined) return otherwise
  const digits = +value
  if (!(digits >= 0 && digits <= 100)) throw new RangeErrorOf('maximumFractionDigits value is out of range.')
  return digits
}

/** @type {(code: any) => readonly [string, number]} */
function currencyOf(code) {
  const name = toUpperCase(`${code}`)
  if (code === undefined || name.length !== 3) throw new RangeErrorOf(`Invalid currency code : ${code}`)
  return currencies[name] ?? [`${name}\u00a0`, 2]
}

/** Returns the digits of a number, rounded half away from zero. @type {(text: string, minimum: number, maximum: number, options: Record<string, any>) => string} */
function decimal(text, minimum, maximum, options) {
  const [digits, point] = rounded(...digitsIn(text), maximum)
  let whole = point > 0 ? slice(digits, 0, point) : '0'
  while (whole.length < point) whole += '0'
  let fraction = point > 0 ? slice(digits, point) : padStart(digits, digits.length - point, '0')
  while (fraction.length > minimum && charCodeAt(fraction, fraction.length - 1) === 48)
    fraction = slice(fraction, 0, -1)
  while (fraction.length < minimum) fraction += '0'
  whole = padStart(whole, +(options.minimumIntegerDigits ?? 1), '0')
  const isGrouped = options.useGrouping === undefined || options.useGrouping === true || options.useGrouping === 'auto'
  return `${isGrouped ? grouped(whole) : whole}${fraction === '' ? '' : '.'}${fraction}`
}

/** Returns the significant digits of a number, and the position of its point in them. @type {(text: string) => [string, number]} */
function digitsIn(text) {
  let exponent = 0
  let mantissa = text
  for (let at = indexOf(mantissa, 'e'); at !== -1; at = indexOf(mantissa, 'e')) {
    // A percentage has an exponent of its own at the end.
    const end = indexOf(mantissa, 'e', at + 1)
    exponent += +slice(mantissa, at + 1, end === -1 ? mantissa.length : end)
    mantissa = slice(mantissa, 0, at) + (end === -1 ? '' : slice(mantissa, end))
  }
  const point = indexOf(mantissa, '.')
  let digits = point === -1 ? mantissa : slice(mantissa, 0, point) + slice(mantissa, point + 1)
  let position = (point === -1 ? mantissa.length : point) + exponent
  while (digits.length > 1 && charCodeAt(digits, 0) === 48) {
    digits = slice(digits, 1)
    position--
  }
  return digits === '0' ? ['0', 1] : [digits, position]
}

/** @type {(digits: string, point: number, maximum: number) => [string, number]} */
function rounded(digits, point, maximum) {
  const kept = point + maximum
  if (kept >= digits.length) return [digits, point]
  if (kept < 0) return ['0', 1]
  const isUp = charCodeAt(digits, kept) >= 53
  let result = slice(digits, 0, kept)
  if (!isUp) return result === '' ? ['0', 1] : [result, point]
  let at = kept - 1
  while (at >= 0 && charCodeAt(result, at) === 57) at--
  const zeros = padStart('', kept - at - 1, '0')
  if (at < 0) return [`1${zeros}`, point + 1]
  result = slice(result, 0, at) + `${+slice(result, at, at + 1) + 1}` + zeros
  return [result, point]
}

/** @type {(whole: string) => string} */
function grouped(whole) {
  let text = ''
  let end = whole.length
  for (; end > 3; end -= 3) text = `,${slice(whole, end - 3, end)}${text}`
  return slice(whole, 0, end) + text
}

const numberValue = uncurry(Number.prototype.valueOf)
const bigIntValue = uncurry(BigInt.prototype.valueOf)
const localized = {
  /** @this {any} @param {any} locales @param {any} options */
  number(locales, options) {
    const value = numberValue(this)
    checkLocales(locales)
    return formatNumber(value, options)
  },
  /** @this {any} @param {any} locales @param {any} options */
  bigInt(locales, options) {
    const value = bigIntValue(this)
    checkLocales(locales)
    return formatNumber(value, options)
  },
}
installLocalized(Number.prototype, 'toLocaleString', localized.number)
installLocalized(BigInt.prototype, 'toLocaleString', localized.bigInt)

/** Defines a method with the name and the length of the standard. @type {(owner: object, name: string, method: Function) => void} */
export function installLocalized(owner, name, method) {
  /** @type {(key: string, value: unknown) => void} */
  const define = (key, value) =>
    void Reflect.defineProperty(method, key, /** @type {any} */ ({ __proto__: null, value, configurable: true }))
  define('name', name)
  define('length', 0)
  defineBuiltin(owner, name, asNative(method))
}
