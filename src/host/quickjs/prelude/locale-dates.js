import { TypeErrorOf, uncurry } from '../../prelude/primordials.js'
import { checkLocales, optionIn, readOptions, refuseLocale } from './locale-options.js'
import { installLocalized } from './locale-numbers.js'

const time = uncurry(Date.prototype.getTime)
const year = uncurry(Date.prototype.getUTCFullYear)
const month = uncurry(Date.prototype.getUTCMonth)
const dayOfMonth = uncurry(Date.prototype.getUTCDate)
const weekday = uncurry(Date.prototype.getUTCDay)
const hour = uncurry(Date.prototype.getUTCHours)
const minute = uncurry(Date.prototype.getUTCMinutes)
const second = uncurry(Date.prototype.getUTCSeconds)
const split = uncurry(String.prototype.split)
const cut = uncurry(String.prototype.slice)

const months = split('January February March April May June July August September October November December', ' ')
const weekdays = split('Sunday Monday Tuesday Wednesday Thursday Friday Saturday', ' ')
const dateOptions =
  ' weekday year month day hour minute second hour12 hourCycle timeZone timeZoneName dateStyle timeStyle '

/** @type {(number: number, style: string) => string} */
const padded = (number, style) => (style === '2-digit' && number < 10 ? `0${number}` : `${number}`)

/** Formats a date with the parts that a method adds when the options have none. @type {(date: any, locales: any, given: any, added: 'date' | 'time' | 'both', wanted: 'date' | 'time' | 'both') => string} */
function formatDate(date, locales, given, added, wanted) {
  const value = time(date)
  checkLocales(locales)
  if (value !== value) return 'Invalid Date'
  const options = withStyles(readOptions(given, dateOptions), wanted)
  if (options.timeZone !== undefined && `${options.timeZone}` !== 'UTC' && `${options.timeZone}` !== 'GMT') {
    refuseLocale(`The time zone ${options.timeZone}`)
  }
  const hasDate = (options.weekday ?? options.year ?? options.month ?? options.day) !== undefined
  const hasTime = (options.hour ?? options.minute ?? options.second) !== undefined
  const isBare = !(wanted !== 'time' && hasDate) && !(wanted !== 'date' && hasTime)
  if (isBare && added !== 'time') options.year = options.month = options.day = 'numeric'
  if (isBare && added !== 'date') options.hour = options.minute = options.second = 'numeric'
  const dateText = dateOf(date, options)
  const timeText = timeOf(date, options)
  if (timeText === '' && options.timeZoneName !== undefined) refuseLocale('A time zone without a time')
  if (dateText === '' || timeText === '') return dateText + timeText
  const isWeekday = options.month === undefined && options.day === undefined && options.year === undefined
  return `${dateText}${isWeekday ? ' ' : options.month === 'long' ? ' at ' : ', '}${timeText}`
}

/** Returns options with the parts that a style stands for. @type {(options: Record<string, any>, wanted: string) => Record<string, any>} */
function withStyles(options, wanted) {
  if (options.dateStyle !== undefined && wanted === 'time') throw new TypeErrorOf('Invalid option : dateStyle')
  if (options.timeStyle !== undefined && wanted === 'date') throw new TypeErrorOf('Invalid option : timeStyle')
  const dateStyle = optionIn(options, 'dateStyle', ' full long medium short ')
  const timeStyle = optionIn(options, 'timeStyle', ' medium short ')
  if (dateStyle !== undefined) {
    options.year = dateStyle === 'short' ? '2-digit' : 'numeric'
    options.month = dateStyle === 'short' ? 'numeric' : dateStyle === 'medium' ? 'short' : 'long'
    options.day = 'numeric'
    if (dateStyle === 'full') options.weekday = 'long'
  }
  if (timeStyle !== undefined) {
    options.hour = options.minute = 'numeric'
    if (timeStyle === 'medium') options.second = 'numeric'
  }
  return options
}

/** @type {(date: any, options: Record<string, any>) => string} */
function dateOf(date, options) {
  const numeric = ' numeric 2-digit '
  const dayStyle = optionIn(options, 'day', numeric)
  const yearStyle = optionIn(options, 'year', numeric)
  const monthStyle = optionIn(options, 'month', ' numeric 2-digit long short ')
  const weekdayStyle = optionIn(options, 'weekday', ' long short ')
  const years =
    yearStyle === undefined ? '' : yearStyle === '2-digit' ? cut(`0${year(date) % 100}`, -2) : `${year(date)}`
  const days = dayStyle === undefined ? '' : padded(dayOfMonth(date), dayStyle)
  const name = weekdayStyle === undefined ? '' : shortened(weekdays[weekday(date)], weekdayStyle)
  let text = ''
  if (monthStyle === 'long' || monthStyle === 'short') {
    text = shortened(months[month(date)], monthStyle) + (days === '' ? '' : ` ${days}`)
    text += years === '' ? '' : days === '' ? ` ${years}` : `, ${years}`
  } else {
    const parts = [monthStyle === undefined ? '' : padded(month(date) + 1, monthStyle), days, years]
    for (let index = 0; index < 3; index++) if (parts[index] !== '') text += `${text === '' ? '' : '/'}${parts[index]}`
  }
  return name === '' || text === '' ? name + text : `${name}, ${text}`
}

/** @type {(name: string | undefined, style: string) => string} */
const shortened = (name, style) => (style === 'short' ? cut(name, 0, 3) : (name ?? ''))

/** @type {(date: any, options: Record<string, any>) => string} */
function timeOf(date, options) {
  const numeric = ' numeric 2-digit '
  const hourStyle = optionIn(options, 'hour', numeric)
  const minuteStyle = optionIn(options, 'minute', numeric)
  const secondStyle = optionIn(options, 'second', numeric)
  const cycle = optionIn(options, 'hourCycle', ' h12 h23 ')
  const zone = optionIn(options, 'timeZoneName', ' short ')
  if (hourStyle === undefined) {
    if (minuteStyle === undefined && secondStyle === undefined) return ''
    return refuseLocale('A time without its hour')
  }
  const is12 = options.hour12 === undefined ? cycle !== 'h23' : !!options.hour12
  const hours = is12 ? hour(date) % 12 || 12 : hour(date)
  let text = padded(hours, is12 ? hourStyle : '2-digit')
  if (minuteStyle !== undefined) text += `:${padded(minute(date), '2-digit')}`
  if (secondStyle !== undefined) text += `:${padded(second(date), '2-digit')}`
  return `${text}${is12 ? ` ${hour(date) < 12 ? 'AM' : 'PM'}` : ''}${zone === undefined ? '' : ' UTC'}`
}

const datePrototype = Date.prototype
installLocalized(
  datePrototype,
  'toLocaleString',
  /** @this {any} */ function (/** @type {any} */ locales, /** @type {any} */ options) {
    return formatDate(this, locales, options, 'both', 'both')
  },
)
installLocalized(
  datePrototype,
  'toLocaleDateString',
  /** @this {any} */ function (/** @type {any} */ locales, /** @type {any} */ options) {
    return formatDate(this, locales, options, 'date', 'date')
  },
)
installLocalized(
  datePrototype,
  'toLocaleTimeString',
  /** @this {any} */ function (/** @type {any} */ locales, /** @type {any} */ options) {
    return formatDate(this, locales, options, 'time', 'time')
  },
)

const zoneName = ' (Coordinated Universal Time)'
for (const name of /** @type {('toString' | 'toTimeString')[]} */ (['toString', 'toTimeString'])) {
  const native = uncurry(datePrototype[name])
  installLocalized(
    datePrototype,
    name,
    /** @this {any} */ function () {
      const text = native(this)
      return text === 'Invalid Date' ? text : text + zoneName
    },
  )
}
