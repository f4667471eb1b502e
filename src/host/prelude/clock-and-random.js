import { construct, mathImul, uncurry } from './primordials.js'
import { asNative, defineBuiltin } from './native.js'

// The clock stands still while a command is handled. A program that polls it would never end, so after many reads within
// one command every hundredth read advances it by a millisecond. That depends on the program alone, not on the machine, so a
// replay sees the same times.
const freeClockReads = 100000
const readsPerMillisecond = 100
export let clock = 0
let clockReads = 0

/** Returns the time of the cell in milliseconds. */
export function now() {
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
}

installClock()

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
