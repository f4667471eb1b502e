import {
  apply,
  construct,
  defineProperty,
  getOwnPropertyDescriptor,
  mathImul,
  objectKeys,
  uncurry,
} from './primordials.js'
import { asNative, defineBuiltin } from './native.js'

// The clock stands still while a command is handled. A program that polls it would never end, so after many reads within
// one command every hundredth read advances it by a millisecond. That depends on the program alone, not on the machine, so a
// replay sees the same times.
const freeClockReads = 100000
const readsPerMillisecond = 100
export let clock = 0
let clockReads = 0

function now() {
  if (++clockReads > freeClockReads && clockReads % readsPerMillisecond === 0) clock++
  return clock
}

/** @type {(time: number) => void} */
export function advanceClock(time) {
  if (time > clock) clock = time
}

/** @type {(time: number) => void} */
export function beginCommand(time) {
  advanceClock(time)
  clockReads = 0
}

function installClock() {
  const NativeDate = Date
  const nativeToString = uncurry(NativeDate.prototype.toString)
  const ClockedDate = new Proxy(NativeDate, {
    apply: () => nativeToString(new NativeDate(now())),
    construct: (target, args, newTarget) => construct(target, args.length === 0 ? [now()] : args, newTarget),
  })
  defineBuiltin(NativeDate, 'now', asNative({ now: () => now() }.now))
  defineBuiltin(NativeDate.prototype, 'constructor', ClockedDate)
  defineBuiltin(globalThis, 'Date', ClockedDate)

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

installClock()
installTemporal()

let s0 = 0
let s1 = 0
let s2 = 0
let s3 = 1

/** @type {(seed: number) => void} */
export function seedRandom(seed) {
  s0 = mathImul(seed ^ 0x9e3779b9, 0x85ebca6b)
  s1 = mathImul(seed ^ 0x7f4a7c15, 0xc2b2ae35)
  s2 = seed | 0
  s3 = 1
  for (let round = 0; round < 16; round++) nextRandom()
}

/** The sfc32 generator. @returns {number} an unsigned 32-bit number */
function nextRandom() {
  const t = (((s0 + s1) | 0) + s3) | 0
  s3 = (s3 + 1) | 0
  s0 = s1 ^ (s1 >>> 9)
  s1 = (s2 + (s2 << 3)) | 0
  s2 = (s2 << 21) | (s2 >>> 11)
  s2 = (s2 + t) | 0
  return t >>> 0
}

defineBuiltin(
  Math,
  'random',
  asNative({ random: () => ((nextRandom() >>> 5) * 67108864 + (nextRandom() >>> 6)) / 9007199254740992 }.random),
)
