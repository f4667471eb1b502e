import { apply, defineProperty, getOwnPropertyDescriptor, objectKeys, uncurry } from '../../prelude/primordials.js'
import { now } from '../../prelude/clock-and-random.js'
import { asNative, defineBuiltin } from '../../prelude/native.js'

function installIntlClock() {
  // Formatting without a date means "now", which is the cell's clock and not the machine's.
  const prototype = Intl.DateTimeFormat.prototype
  const formatToParts = prototype.formatToParts
  const atOrNow = {
    /** @this {Intl.DateTimeFormat} @param {any} [date] */
    formatToParts(date) {
      return apply(formatToParts, this, [date === undefined ? now() : date])
    },
  }
  defineBuiltin(prototype, 'formatToParts', asNative(atOrNow.formatToParts))
  const getFormat = /** @type {() => Function} */ (getOwnPropertyDescriptor(prototype, 'format')?.get)
  defineProperty(prototype, 'format', {
    get: asNative(
      /** @type {() => unknown} */ (
        getOwnPropertyDescriptor(
          {
            get format() {
              const format = apply(getFormat, this, [])
              return asNative((/** @type {any} */ date) =>
                apply(format, undefined, [date === undefined ? now() : date]),
              )
            },
          },
          'format',
        )?.get
      ),
    ),
    enumerable: false,
    configurable: true,
  })
}

/** Makes `Temporal`, where the engine has it, return the time of the cell. */
function installTemporal() {
  const { Temporal } = /** @type {any} */ (globalThis)
  if (Temporal === undefined) return
  const { Instant, Now, ZonedDateTime } = Temporal
  const fromMilliseconds = Instant.fromEpochMilliseconds
  const inZone = uncurry(Instant.prototype.toZonedDateTimeISO)
  const toDateTime = uncurry(ZonedDateTime.prototype.toPlainDateTime)
  const toDate = uncurry(ZonedDateTime.prototype.toPlainDate)
  const toTime = uncurry(ZonedDateTime.prototype.toPlainTime)
  const ownZone = new Intl.DateTimeFormat().resolvedOptions().timeZone
  const instant = () => apply(fromMilliseconds, Instant, [now()])
  const zoned = (/** @type {unknown} */ zone) => inZone(instant(), zone === undefined ? ownZone : zone)
  const methods = {
    instant: () => instant(),
    zonedDateTimeISO: (/** @type {unknown} */ zone) => zoned(zone),
    plainDateTimeISO: (/** @type {unknown} */ zone) => toDateTime(zoned(zone)),
    plainDateISO: (/** @type {unknown} */ zone) => toDate(zoned(zone)),
    plainTimeISO: (/** @type {unknown} */ zone) => toTime(zoned(zone)),
  }
  for (const name of /** @type {(keyof typeof methods)[]} */ (objectKeys(methods))) {
    defineBuiltin(Now, name, asNative(methods[name]))
  }
}

installIntlClock()
installTemporal()
