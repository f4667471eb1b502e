import {
  RangeErrorOf,
  charCodeAt,
  construct,
  defineProperty,
  deleteProperty,
  getOwnPropertyDescriptor,
  indexOf,
  slice,
  toLowerCase,
  uncurry,
} from '../../prelude/primordials.js'
import { asNative, defineBuiltin } from '../../prelude/native.js'
import { incompatible } from './receivers.js'

// The variants of a locale: `Intl.Locale.prototype.variants` and the option of the constructor, for engines without them. The
// getters that the standard has replaced by methods are removed.

const localePrototype = Intl.Locale.prototype
const baseNameOf = uncurry(/** @type {() => string} */ (getOwnPropertyDescriptor(localePrototype, 'baseName')?.get))

function installVariants() {
  const accessor = getOwnPropertyDescriptor(
    {
      get variants() {
        let name
        try {
          name = baseNameOf(this)
        } catch {
          throw incompatible('Intl.Locale.prototype.variants', this)
        }
        const from = variantsFrom(name)
        return from === name.length ? undefined : slice(name, from + 1)
      },
    },
    'variants',
  )
  const get = asNative(/** @type {() => unknown} */ (accessor?.get))
  defineProperty(localePrototype, 'variants', { get, set: undefined, enumerable: false, configurable: true })
  for (const name of [
    'calendars',
    'collations',
    'hourCycles',
    'numberingSystems',
    'textInfo',
    'timeZones',
    'weekInfo',
  ]) {
    deleteProperty(localePrototype, name)
  }
  installConstructor()
}

function installConstructor() {
  const NativeLocale = Intl.Locale
  const toString = uncurry(NativeLocale.prototype.toString)
  const LocaleWithVariants = new Proxy(NativeLocale, {
    construct(target, args, newTarget) {
      const locale = construct(target, args, newTarget)
      const options = args[1]
      const variants = options === undefined ? undefined : options.variants
      if (variants === undefined) return locale
      const name = baseNameOf(locale)
      const wanted = checkedVariants(`${variants}`)
      const base = slice(name, 0, variantsFrom(name))
      return construct(target, [`${base}-${wanted}${slice(toString(locale), name.length)}`], newTarget)
    },
  })
  defineBuiltin(NativeLocale.prototype, 'constructor', LocaleWithVariants)
  defineBuiltin(Intl, 'Locale', LocaleWithVariants)
}

if (getOwnPropertyDescriptor(localePrototype, 'variants') === undefined) installVariants()

/** Returns the index of the hyphen before the first variant, or the length of the name. @type {(baseName: string) => number} */
function variantsFrom(baseName) {
  let from = indexOf(baseName, '-')
  while (from !== -1) {
    const end = endOfSubtag(baseName, from + 1)
    if (isVariant(slice(baseName, from + 1, end))) return from
    from = end === baseName.length ? -1 : end
  }
  return baseName.length
}

/** @type {(string: string, from: number) => number} */
function endOfSubtag(string, from) {
  const end = indexOf(string, '-', from)
  return end === -1 ? string.length : end
}

/** A variant has 5 to 8 letters and digits, or 4 of which the first is a digit. @type {(subtag: string) => boolean} */
function isVariant(subtag) {
  const { length } = subtag
  if (length < 4 || length > 8) return false
  for (let index = 0; index < length; index++) {
    const code = charCodeAt(subtag, index)
    const isDigit = code >= 48 && code <= 57
    const isLetter = (code | 32) >= 97 && (code | 32) <= 122
    if (!isDigit && (!isLetter || (length === 4 && index === 0))) return false
  }
  return true
}

/** @type {(variants: string) => string} */
function checkedVariants(variants) {
  const lower = toLowerCase(variants)
  for (let from = 0; from <= lower.length;) {
    const end = endOfSubtag(lower, from)
    const variant = slice(lower, from, end)
    const isRepeated = indexOf(`-${slice(lower, end + 1)}-`, `-${variant}-`) !== -1
    if (!isVariant(variant) || isRepeated) throw new RangeErrorOf('Incorrect locale information provided')
    from = end + 1
  }
  return variants
}
