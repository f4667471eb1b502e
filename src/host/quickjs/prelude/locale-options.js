import { RangeErrorOf, getOwnPropertyDescriptor, indexOf, isArray, objectKeys } from '../../prelude/primordials.js'

// The locale `en-US` without `Intl`. What is not supported throws: other output than that of V8 would be worse.

/** @type {(text: string) => never} */
export function refuseLocale(text) {
  throw new RangeErrorOf(
    `${text} is not available without Intl: cells on QuickJS have the locale en-US and the time zone UTC`,
  )
}

/** Refuses locales other than English. @type {(locales: any) => void} */
export function checkLocales(locales) {
  const list = isArray(locales) ? locales : locales === undefined ? [] : [locales]
  if (list.length === 0) return
  const first = `${list[0]}`
  if (first !== 'en' && first !== 'en-US') refuseLocale(`The locale ${first}`)
}

/**
 * Returns a copy of options with the values as strings, numbers and booleans. Refuses those that are not supported.
 * @type {(options: any, supported: string) => Record<string, any>}
 */
export function readOptions(options, supported) {
  /** @type {Record<string, any>} */
  const read = /** @type {any} */ ({ __proto__: null })
  if (options === undefined || options === null) return read
  const names = objectKeys(options)
  for (let index = 0; index < names.length; index++) {
    const name = names[index] ?? ''
    const value = options[name]
    if (value === undefined) continue
    if (indexOf(supported, ` ${name} `) === -1) refuseLocale(`The option ${name}`)
    read[name] = value
  }
  return read
}

/** Returns one of the listed values of an option, or undefined. @type {(options: Record<string, any>, name: string, values: string) => any} */
export function optionIn(options, name, values) {
  const value = getOwnPropertyDescriptor(options, name)?.value
  if (value !== undefined && indexOf(values, ` ${value} `) === -1)
    refuseLocale(`The value ${value} of the option ${name}`)
  return value
}
