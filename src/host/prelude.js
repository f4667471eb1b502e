// @ts-check
'use strict'
/**
 * Runs in every isolate before any source of a cell, builds the cell's globals and returns the one function through
 * which commands come in. Only strings and numbers cross: out through `emit`, in through the returned function.
 * Everything that is needed later is captured first, so nothing that a cell replaces changes what crosses.
 *
 * `emit` hands one event to the host without waiting; `host` waits for the host, which is how output is slowed down;
 * `ring` is the memory of `text-ring.ts`, through which short texts leave. The wrapped source finds its driver through the
 * global `$cell`, once: it takes itself away.
 */
;(function install(
  /** @type {(kind: number, id: number, a: string, b: string) => void} */ emit,
  /** @type {{ applySyncPromise(receiver: undefined, args: number[]): unknown }} */ host,
  /** @type {SharedArrayBuffer} */ ring,
) {
  // --- What is captured -----------------------------------------------------------------------------------------
  const { apply, construct, defineProperty, deleteProperty, getOwnPropertyDescriptor, getPrototypeOf } = Reflect
  const { parse, stringify } = JSON
  const { fromEntries: objectFromEntries, keys: objectKeys } = Object
  const PromiseOf = Promise
  const MapOf = Map
  const ProxyOf = Proxy
  const TypeErrorOf = TypeError
  const RangeErrorOf = RangeError
  const isArray = Array.isArray
  const isFinite = Number.isFinite
  const trunc = Math.trunc
  const iteratorKey = Symbol.iterator
  const ErrorOf = Error
  const { captureStackTrace } = /** @type {any} */ (Error)
  /** @type {(fn: Function) => (self: any, ...args: any[]) => any} */
  const uncurry = (fn) => call.bind(fn)
  const call = Function.prototype.call
  const charCodeAt = uncurry(String.prototype.charCodeAt)
  const slice = uncurry(String.prototype.slice)
  const indexOf = uncurry(String.prototype.indexOf)
  const toLowerCase = uncurry(String.prototype.toLowerCase)
  const toWellFormed = uncurry(String.prototype.toWellFormed)
  const arrayPrototype = Array.prototype
  const mapPrototype = Map.prototype
  const setPrototype = Set.prototype
  const mapForEach = uncurry(Map.prototype.forEach)
  const setForEach = uncurry(Set.prototype.forEach)
  const mapGet = uncurry(Map.prototype.get)
  const mapSet = uncurry(Map.prototype.set)
  const mapHas = uncurry(Map.prototype.has)
  const mapDelete = uncurry(Map.prototype.delete)
  const mapSize = uncurry(/** @type {() => number} */ (getOwnPropertyDescriptor(Map.prototype, 'size')?.get))
  const wait = host.applySyncPromise
  const mathImul = Math.imul

  // --- Events out: kinds as in `bridge.ts` ----------------------------------------------------------------------
  const TEXT = 1
  const IMAGE = 2
  const AUDIO = 3
  const YIELD = 4
  const TOOL_CALL = 5
  const TIMER_SET = 6
  const TIMER_CLEARED = 7
  const NOTIFY = 8
  const STORED = 9
  const DONE = 10
  const FAILED = 11
  const EXIT = 12
  const LIMIT = 13
  const FENCE = 14
  const PARK = 15

  const BELL = 16
  const OUTPUT = 17
  const NAMES = 18
  const PLACE = 19

  // The ring, as in `text-ring.ts`.
  const { load: atomicLoad, store: atomicStore, exchange: atomicExchange } = Atomics
  const ringControl = new Int32Array(ring, 0, 4)
  const ringUnits = new Uint16Array(ring, 16)
  const ringMask = ringUnits.length - 1
  const markUnit = 0xffff
  const skipUnit = 0xfffe
  const longestRingText = 128
  let ringWritten = 0

  /** Waits until so many units can be written. @type {(units: number) => void} */
  function makeRoom(units) {
    while (((ringWritten - atomicLoad(ringControl, 1)) | 0) + units > ringMask) fence()
  }

  /** Makes what was written visible, and wakes the host if it does not know yet. @type {(at: number) => void} */
  function publish(at) {
    ringWritten = at | 0
    atomicStore(ringControl, 0, ringWritten)
  }

  /** @type {(string: string) => void} */
  function writeText(string) {
    const length = string.length
    if (isRehearsal) return
    countEvent()
    makeRoom(length + 1)
    let at = ringWritten
    ringUnits[at++ & ringMask] = length
    for (let index = 0; index < length; index++) ringUnits[at++ & ringMask] = charCodeAt(string, index)
    publish(at)
    if (atomicExchange(ringControl, 2, 1) === 0) emit(BELL, 0, '', '')
  }

  const fenceEvents = 256
  const fenceLength = 262144
  let unfencedEvents = 0
  let unfencedLength = 0
  /** True while nothing may get out. */
  let isRehearsal = false
  let isConfigured = false

  function fence() {
    unfencedEvents = 0
    unfencedLength = 0
    apply(wait, host, [undefined, [FENCE]])
  }

  /** Hands out one event, in its place among the texts. @type {(kind: number, id: number, a: string, b: string) => void} */
  function emitInOrder(kind, id, a, b) {
    if (isRehearsal) return
    if (kind < DONE || kind === PLACE) countEvent()
    makeRoom(1)
    const at = ringWritten & ringMask
    ringUnits[at] = markUnit
    publish(ringWritten + 1)
    try {
      emit(kind, id, a, b)
    } catch (thrown) {
      // At the end of the stack: the mark has nothing to stand for.
      ringUnits[at] = skipUnit
      throw thrown
    }
  }

  /** @type {(kind: number, id: number, a: string, b: string) => void} */
  function send(kind, id, a, b) {
    emitInOrder(kind, id, a, b)
    slowDown(a.length + b.length)
  }

  /**
   * Says where in the source the next event comes from, when somebody wants to know. A program that makes stacks itself
   * would see this one, so then there are no places. For some it is enough to know of calls.
   * @type {(isCall?: boolean) => void}
   */
  function sayPlace(isCall) {
    if (limits.places !== 2 && !(limits.places === 1 && isCall === true)) return
    const place = placeOfProgram()
    if (place !== null) emitInOrder(PLACE, place.line, `${place.column}`, '')
  }

  /**
   * The innermost place of the stack that is in the program. The text of a stack would not do: the names of functions are in it,
   * and names of scripts that a program gives to what it evaluates. For the moment stacks are made here, whatever the
   * prototypes of `Error` say.
   * @type {() => { line: number, column: number } | null}
   */
  function placeOfProgram() {
    if (getOwnPropertyDescriptor(ErrorOf, 'prepareStackTrace') !== undefined) return null
    if (!defineProperty(ErrorOf, 'prepareStackTrace', /** @type {any} */ (placeMaker))) return null
    /** @type {{ stack?: any }} */
    const holder = /** @type {any} */ ({ __proto__: null })
    try {
      captureStackTrace(holder)
      return holder.stack ?? null
    } finally {
      deleteProperty(ErrorOf, 'prepareStackTrace')
    }
  }

  /** What V8 tells of a frame, out of the reach of programs. */
  const [fileNameOf, lineNumberOf, columnNumberOf] = (() => {
    defineProperty(ErrorOf, 'prepareStackTrace', {
      value: (/** @type {unknown} */ _, /** @type {any} */ frames) => frames[0],
      configurable: true,
    })
    const frame = /** @type {any} */ (new ErrorOf().stack)
    deleteProperty(ErrorOf, 'prepareStackTrace')
    return [uncurry(frame.getFileName), uncurry(frame.getLineNumber), uncurry(frame.getColumnNumber)]
  })()

  const placeMaker = {
    __proto__: null,
    value: (/** @type {unknown} */ _, /** @type {any[]} */ frames) => {
      for (let index = 0; index < frames.length; index++) {
        const frame = frames[index]
        if (fileNameOf(frame) !== sourceName) continue
        return { __proto__: null, line: lineNumberOf(frame), column: columnNumberOf(frame) }
      }
      return null
    },
    configurable: true,
  }

  /** Waits for the host when much has gone out. @type {(length: number) => void} */
  function slowDown(length) {
    unfencedLength += length
    if (++unfencedEvents >= fenceEvents || unfencedLength >= fenceLength) fence()
  }

  /** Ends the cell here: the host throws the isolate away while this thread stands still. @returns {never} */
  function park() {
    try {
      apply(wait, host, [undefined, [PARK]])
    } catch {}
    for (;;);
  }

  // --- The source as it was written -----------------------------------------------------------------------------
  /** The file that the source is, what stands for `import` in it, and the columns that stand before its first line. */
  let sourceName = 'exec_main.mjs'
  let importName = ''
  let evalShift = 0

  /** A function that holds an `import(…)` has its own text, not that with the name which stands for it. */
  function restoreImports() {
    const functionPrototype = Function.prototype
    const nativeToString = uncurry(functionPrototype.toString)
    const nativeText = nativeToString(functionPrototype.toString)
    const restored = {
      /** @this {unknown} */
      toString() {
        return this === restored ? nativeText : asWritten(nativeToString(this))
      },
    }.toString
    defineProperty(functionPrototype, 'toString', { value: restored, writable: true, configurable: true })
  }

  /** A text as it reads for the source as it was written. @type {(string: string) => string} */
  function asWritten(string) {
    let out = string
    if (importName !== '' && indexOf(out, importName) !== -1) out = replaced(out, importName, 'import')
    return evalShift > 0 && indexOf(out, 'eval at ') !== -1 ? unshifted(out) : out
  }

  /** @type {(string: string, from: string, to: string) => string} */
  function replaced(string, from, to) {
    let out = ''
    let start = 0
    for (let at = indexOf(string, from); at !== -1; at = indexOf(string, from, start)) {
      out += slice(string, start, at) + to
      start = at + from.length
    }
    return out + slice(string, start)
  }

  /** V8 counts the wrapper where it says from where a text was evaluated on the first line. @type {(string: string) => string} */
  function unshifted(string) {
    const before = `(${sourceName}:1:`
    let out = ''
    let start = 0
    for (let at = indexOf(string, before); at !== -1; at = indexOf(string, before, start)) {
      let end = at + before.length
      let column = 0
      while (charCodeAt(string, end) >= 48 && charCodeAt(string, end) <= 57) {
        column = column * 10 + charCodeAt(string, end++) - 48
      }
      const isOrigin = isOriginAt(string, at) && charCodeAt(string, end) === 41 && column > evalShift
      out += slice(string, start, at + before.length)
      out += isOrigin ? `${column - evalShift}` : slice(string, at + before.length, end)
      start = end
    }
    return out + slice(string, start)
  }

  /** Whether a place is that of an `eval at …`: the words stand before it on the same line. @type {(string: string, at: number) => boolean} */
  function isOriginAt(string, at) {
    let line = at
    while (line > 0 && charCodeAt(string, line - 1) !== 10) line--
    const words = indexOf(string, 'eval at ', line)
    return words !== -1 && words < at
  }

  // --- State of the cell ----------------------------------------------------------------------------------------
  /** @type {Record<string, number>} */
  let limits = {}
  let ended = false
  /** Everything that went out, but for the end of the cell. */
  let events = 0
  let toolCalls = 0
  /** Inputs of the calls that are not answered. */
  let pendingArgumentBytes = 0
  let notifications = 0
  let storedBytes = 0
  let storedKeys = 0
  let timersSet = 0
  /** @type {Map<number, { resolve: (value: unknown) => void, reject: (reason: unknown) => void, bytes: number }>} */
  const pendingCalls = new MapOf()
  /** @type {Map<number, { callback: Function, due: number }>} */
  const timers = new MapOf()
  /** Stored values as JSON text: what the session had at the start, and this cell's own. @type {Map<string, string>} */
  const storedValues = new MapOf()
  /** Kept outputs of cells that were asked for; undefined where there is none. @type {Map<number, string | undefined>} */
  const keptOutputs = new MapOf()

  /** @type {(name: string) => number} */
  const limit = (name) => limits[name] ?? 0

  /** The same of a limit that cells of older records do not have. @type {(name: string) => number} */
  const laterLimit = (name) => limits[name] ?? Infinity

  /** @type {(resource: string, max: number, observed: number) => string} */
  const limitText = (resource, max, observed) =>
    `resource limit exceeded: code=resource_exhausted resource=${resource} limit=${max} observed=${observed}`

  // --- Clock and chance -----------------------------------------------------------------------------------------
  // The clock stands still while a command is handled. A program that waits for it by reading it over and over would
  // never end, so after many reads within one command every hundredth moves it on by a millisecond: it depends on the
  // program alone, not on the machine, and a replay sees the same times.
  const freeClockReads = 100000
  const readsPerMillisecond = 100
  let clock = 0
  let clockReads = 0

  function now() {
    if (++clockReads > freeClockReads && clockReads % readsPerMillisecond === 0) clock++
    return clock
  }

  /** @type {(time: number) => void} */
  function beginCommand(time) {
    if (time > clock) clock = time
    clockReads = 0
  }

  let s0 = 0
  let s1 = 0
  let s2 = 0
  let s3 = 1

  /** @type {(seed: number) => void} */
  function seedRandom(seed) {
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

  Math.random = { random: () => ((nextRandom() >>> 5) * 67108864 + (nextRandom() >>> 6)) / 9007199254740992 }.random
  installClock()
  installTemporal()
  installBufferGuard()

  function installClock() {
    const NativeDate = Date
    const nativeToString = uncurry(NativeDate.prototype.toString)
    const ClockedDate = new Proxy(NativeDate, {
      apply: () => nativeToString(new NativeDate(now())),
      construct: (target, args, newTarget) => construct(target, args.length === 0 ? [now()] : args, newTarget),
    })
    defineProperty(NativeDate, 'now', { value: { now: () => now() }.now, writable: true, configurable: true })
    defineProperty(NativeDate.prototype, 'constructor', { value: ClockedDate, writable: true, configurable: true })
    defineProperty(globalThis, 'Date', { value: ClockedDate, writable: true, configurable: true })

    // Formatting without a date means "now", which is the cell's clock and not the machine's.
    const prototype = Intl.DateTimeFormat.prototype
    const formatToParts = prototype.formatToParts
    defineProperty(prototype, 'formatToParts', {
      value: {
        /** @this {Intl.DateTimeFormat} @param {any} [date] */
        formatToParts(date) {
          return apply(formatToParts, this, [date === undefined ? now() : date])
        },
      }.formatToParts,
      writable: true,
      configurable: true,
    })
    const getFormat = /** @type {() => Function} */ (getOwnPropertyDescriptor(prototype, 'format')?.get)
    defineProperty(prototype, 'format', {
      get: /** @type {PropertyDescriptor} */ (
        getOwnPropertyDescriptor(
          {
            get format() {
              const format = apply(getFormat, this, [])
              return (/** @type {any} */ date) => apply(format, undefined, [date === undefined ? now() : date])
            },
          },
          'format',
        )
      ).get,
      enumerable: false,
      configurable: true,
    })
  }

  /** `Temporal`, where the engine has it, says the time of the cell too. */
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
      defineProperty(Now, name, { value: methods[name], writable: true, enumerable: false, configurable: true })
    }
  }

  /** Resizable buffers commit memory that no limit of the isolate sees, so there are none. */
  function installBufferGuard() {
    const NativeBuffer = ArrayBuffer
    const GuardedBuffer = new Proxy(NativeBuffer, {
      construct(target, args, newTarget) {
        const options = args[1]
        if (typeof options === 'object' && options !== null && options.maxByteLength !== undefined) {
          throw new RangeErrorOf('Resizable array buffers are not available in a cell')
        }
        return construct(target, [args[0]], newTarget)
      },
    })
    defineProperty(NativeBuffer.prototype, 'constructor', { value: GuardedBuffer, writable: true, configurable: true })
    defineProperty(globalThis, 'ArrayBuffer', { value: GuardedBuffer, writable: true, configurable: true })
  }

  for (const name of ['console', 'Atomics', 'SharedArrayBuffer', 'WebAssembly', 'WeakRef', 'FinalizationRegistry']) {
    deleteProperty(globalThis, name)
  }

  // --- Text of values -------------------------------------------------------------------------------------------
  /** The text of a thrown value: its stack if that is a string, else its string form, else nothing. @type {(thrown: any) => string} */
  function textOfThrown(thrown) {
    try {
      if ((typeof thrown === 'object' && thrown !== null) || typeof thrown === 'function') {
        const stack = thrown.stack
        if (typeof stack === 'string') return toWellFormed(asWritten(withoutOwnFrames(stack)))
      }
      return toWellFormed(asWritten(`${thrown}`))
    } catch {
      return ''
    }
  }

  /** This file's frames say nothing to whoever wrote the cell. @type {(stack: string) => string} */
  function withoutOwnFrames(stack) {
    if (indexOf(stack, 'codecell:prelude') === -1) return stack
    let out = ''
    for (let from = 0; from < stack.length; ) {
      const end = indexOf(stack, '\n', from)
      const line = slice(stack, from, end === -1 ? stack.length : end + 1)
      const isOwn = indexOf(line, 'codecell:prelude') !== -1 || indexOf(line, '    at stringify (<anonymous>)') === 0
      if (!isOwn) out += line
      from += line.length
    }
    const last = out.length - 1
    return charCodeAt(out, last) === 10 ? slice(out, 0, last) : out
  }

  /** JSON text, or undefined for a value that has none. Errors of the conversion are thrown as text. @type {(value: unknown) => string | undefined} */
  function jsonOf(value) {
    try {
      return stringify(value)
    } catch (thrown) {
      throw textOfThrown(thrown)
    }
  }

  /** What `text` and `notify` make of a value. @type {(value: unknown) => string} */
  function textOf(value) {
    switch (typeof value) {
      case 'string':
        return toWellFormed(asWritten(value))
      case 'undefined':
      case 'boolean':
      case 'number':
      case 'bigint':
        return `${value}`
      default:
        return value === null ? 'null' : toWellFormed(asWritten(jsonOf(value) ?? 'undefined'))
    }
  }

  // --- Promises in the place of values ----------------------------------------------------------------------------
  // Counted by use: printed, notified, stored, passed to a tool; and texts that spell one. Nothing of it is an event.
  const PRINTED = 0
  const NOTIFIED = 1
  const STORED_PROMISE = 2
  const PASSED = 3
  const SPELLED = 4
  const promiseUses = new Uint32Array(5)
  const { ownKeys: ownKeysOf } = Reflect
  const promisePrototype = Promise.prototype
  const objectPrototype = Object.prototype
  const spelledPromise = '[object Promise]'
  let isSpelledElsewhere = false
  let partsLeft = 0

  /** A text that came from outside may spell a promise. @type {(string: string) => void} */
  function readText(string) {
    if (!isSpelledElsewhere && indexOf(string, spelledPromise) !== -1) isSpelledElsewhere = true
  }

  /** @type {(use: number, count: number) => void} */
  function addPromises(use, count) {
    promiseUses[use] = (promiseUses[use] ?? 0) + count
  }

  /** Counts the promises in a value whose text leaves the cell. @type {(use: number, value: unknown, body: string) => void} */
  function countPromises(use, value, body) {
    if (!isSpelledElsewhere && indexOf(body, spelledPromise) !== -1) addPromises(SPELLED, 1)
    // A promise has nothing that JSON would show.
    if (typeof value !== 'object' || indexOf(body, '{}') === -1) return
    partsLeft = 1000
    try {
      addPromises(use, promisesIn(value, 8))
    } catch {
      // The end of the stack, or a trap of a proxy: it is not worth an error.
    }
  }

  /** Without a call of anything that a cell wrote, but for the traps of proxies. @type {(value: any, levels: number) => number} */
  function promisesIn(value, levels) {
    if (typeof value !== 'object' || value === null || levels === 0 || --partsLeft < 0) return 0
    const prototype = getPrototypeOf(value)
    if (prototype === promisePrototype || (prototype !== null && getPrototypeOf(prototype) === promisePrototype)) return 1
    const isList = isArray(value)
    if (!isList && prototype !== objectPrototype && prototype !== null) return 0
    if (getOwnPropertyDescriptor(value, 'toJSON') !== undefined) return 0
    const keys = isList ? undefined : ownKeysOf(value)
    const length = keys === undefined ? value.length : keys.length
    let count = 0
    for (let index = 0; index < length && partsLeft > 0; index++) {
      const part = getOwnPropertyDescriptor(value, keys === undefined ? index : /** @type {string} */ (keys[index]))
      if (part !== undefined && part.enumerable) count += promisesIn(part.value, levels - 1)
    }
    return count
  }

  /** The counts as text, nothing when there are none. */
  function promiseCounts() {
    let sum = 0
    for (let use = 0; use < 5; use++) sum += promiseUses[use] ?? 0
    if (sum === 0) return ''
    return `${promiseUses[0]},${promiseUses[1]},${promiseUses[2]},${promiseUses[3]},${promiseUses[4]}`
  }

  const serializeError = 'failed to serialize JavaScript value: '

  /** JSON text that may leave the cell. @type {(value: unknown) => string} */
  function portableJsonOf(value) {
    const json = jsonOf(value)
    if (json === undefined) throw `${serializeError}expected value at line 1 column 1`
    if (deeperThan(json, limit('jsonDepth'))) {
      throw `${serializeError}recursion limit exceeded at line 1 column ${limit('jsonDepth') + 1}`
    }
    if (indexOf(json, '$serde_json::private::') !== -1 && hasReservedKey(json)) {
      throw `${serializeError}reserved JSON object key`
    }
    const written = asWritten(json)
    return indexOf(written, '\\ud') === -1 ? written : withoutLoneSurrogates(written)
  }

  /** @type {(json: string, levels: number) => boolean} */
  function deeperThan(json, levels) {
    if (json.length <= levels * 2) return false
    let depth = 0
    let inString = false
    for (let index = 0; index < json.length; index++) {
      const code = charCodeAt(json, index)
      if (inString) {
        if (code === 92) index++
        else if (code === 34) inString = false
      } else if (code === 34) inString = true
      else if (code === 91 || code === 123) {
        if (++depth > levels) return true
      } else if (code === 93 || code === 125) depth--
    }
    return false
  }

  /** Whether one of the two reserved names stands in compact JSON as a key. @type {(json: string) => boolean} */
  function hasReservedKey(json) {
    return (
      indexOf(json, '"$serde_json::private::RawValue":') !== -1 || indexOf(json, '"$serde_json::private::Number":') !== -1
    )
  }

  /** JSON writes a lone surrogate as an escape, which other decoders refuse; U+FFFD takes its place. @type {(json: string) => string} */
  function withoutLoneSurrogates(json) {
    let out = ''
    let from = 0
    for (let at = indexOf(json, '\\'); at !== -1; at = indexOf(json, '\\', at)) {
      if (charCodeAt(json, at + 1) !== 117) at += 2
      else {
        if (charCodeAt(json, at + 2) === 100 && charCodeAt(json, at + 3) >= 56) {
          out += slice(json, from, at) + '\ufffd'
          from = at + 6
        }
        at += 6
      }
    }
    return out + slice(json, from)
  }

  /** At least how many bytes a text takes in UTF-8; the session counts exactly. @type {(string: string) => number} */
  const bytesOf = (string) => string.length

  // --- Limits that end the cell ---------------------------------------------------------------------------------
  /** @type {(resource: string, max: number, observed: number) => never} */
  function endAt(resource, max, observed) {
    emitInOrder(LIMIT, observed, resource, limitText(resource, max, observed))
    return park()
  }

  /** The session remembers something of every event, so that it can hold a later run against this one. */
  function countEvent() {
    if (++events > laterLimit('events')) endAt('events', laterLimit('events'), events)
  }

  // --- Output ---------------------------------------------------------------------------------------------------
  /** @type {(kind: number, detail: string, body: string) => void} */
  function output(kind, detail, body) {
    // What nobody has taken yet the session alone knows; no item may be larger than all of it.
    const bytes = bytesOf(body)
    if (bytes > limit('outputBytes')) endAt('output_bytes', limit('outputBytes'), bytes)
    sayPlace()
    if (kind === TEXT && body.length <= longestRingText) writeText(body)
    else send(kind, 0, detail, body)
  }

  /** @type {(value: unknown) => void} */
  function text(value) {
    const body = textOf(value)
    countPromises(PRINTED, value, body)
    output(TEXT, '', body)
  }

  const imageExpects =
    'image expects a non-empty image URL string, an object with image_url and optional detail, or a raw MCP image block'
  const audioExpects = 'audio expects a non-empty audio URL string, an object with audio_url, or a raw MCP audio block'

  /** @type {(value: any, detail: any) => void} */
  function image(value, detail) {
    outputImage(imageOf(value, detail))
  }

  /** @type {(image: { url: string, detail: string }) => void} */
  function outputImage({ url, detail }) {
    output(IMAGE, detail, toWellFormed(url))
  }

  /** @type {(value: any, detail?: any) => { url: string, detail: string }} */
  function imageOf(value, detail) {
    if (!isOptionalString(detail)) throw 'image detail must be a string when provided'
    const found = typeof value === 'string' ? { url: value, detail: undefined } : imageObject(value)
    if (found.url === '') throw imageExpects
    checkScheme(found.url, 'image')
    const wanted = toLowerCase(typeof detail === 'string' ? detail : (found.detail ?? 'high'))
    if (!isDetail(wanted)) throw 'image detail must be one of: auto, low, high, original'
    return { url: found.url, detail: wanted }
  }

  /** @type {(value: any) => { url: string, detail: string | undefined }} */
  function imageObject(value) {
    if (value === null || (typeof value !== 'object' && typeof value !== 'function') || isArray(value)) throw imageExpects
    const url = value.image_url
    if (url !== undefined) {
      if (typeof url !== 'string') throw imageExpects
      const detail = value.detail
      if (!isOptionalString(detail)) throw 'image detail must be a string when provided'
      return { url, detail: detail ?? undefined }
    }
    const block = blockOf(value, imageExpects)
    if (block.type !== 'image') throw `image only accepts MCP image blocks, got "${block.type}"`
    return { url: mediaUrl(block, 'image'), detail: detailFromMeta(block) }
  }

  /** A value as the MCP block it stands for. @type {(value: unknown, expects: string) => any} */
  function blockOf(value, expects) {
    const block = parse(portableJsonOf(value))
    if (typeof block !== 'object' || block === null || isArray(block) || typeof block.type !== 'string') throw expects
    return block
  }

  /** @type {(block: any, what: string) => string} */
  function mediaUrl(block, what) {
    const data = block.data
    if (typeof data !== 'string' || data === '') throw `${what} expected MCP ${what} data`
    if (toLowerCase(slice(data, 0, 5)) === 'data:') return data
    const mime = block.mimeType === undefined ? block.mime_type : block.mimeType
    return `data:${typeof mime === 'string' && mime !== '' ? mime : 'application/octet-stream'};base64,${data}`
  }

  /** @type {(block: any) => string | undefined} */
  function detailFromMeta(block) {
    const meta = block._meta
    if (typeof meta !== 'object' || meta === null) return undefined
    const detail = meta['codex/imageDetail']
    return isDetail(detail) ? detail : undefined
  }

  /** @type {(value: unknown) => boolean} */
  const isDetail = (value) => value === 'auto' || value === 'low' || value === 'high' || value === 'original'

  /** @type {(value: unknown) => boolean} */
  const isOptionalString = (value) => value === undefined || value === null || typeof value === 'string'

  /** Output carries data URIs only. @type {(url: string, what: string) => void} */
  function checkScheme(url, what) {
    const colon = indexOf(url, ':')
    const scheme = colon === -1 ? '' : toLowerCase(slice(url, 0, colon))
    if (scheme === 'data') return
    if (what === 'image' && (scheme === 'http' || scheme === 'https')) {
      throw 'Tool call failed: remote image URLs are not supported in tool outputs. Pass a base64 data URI instead'
    }
    throw `Tool call failed: invalid ${what} output. Pass a base64 data URI instead`
  }

  /** @type {(value: any) => void} */
  function audio(value) {
    const url = typeof value === 'string' ? value : audioObject(value)
    if (url === '') throw audioExpects
    checkScheme(url, 'audio')
    outputAudio(url)
  }

  /** @type {(value: any) => string} */
  function audioObject(value) {
    if (value === null || (typeof value !== 'object' && typeof value !== 'function') || isArray(value)) throw audioExpects
    const url = value.audio_url
    if (url !== undefined) {
      if (typeof url !== 'string') throw audioExpects
      return url
    }
    const block = blockOf(value, audioExpects)
    if (block.type !== 'audio') throw `audio only accepts MCP audio blocks, got "${block.type}"`
    return mediaUrl(block, 'audio')
  }

  /** @type {(url: string) => void} */
  function outputAudio(url) {
    if (isShortWave(url)) {
      output(TEXT, '', 'Audio output omitted because the clip is shorter than 25 ms; use a longer clip.')
    } else output(AUDIO, '', toWellFormed(url))
  }

  /** @type {(result: any) => void} */
  function generatedImage(result) {
    if (result === null || typeof result !== 'object') throw 'generatedImage expects an image generation result object'
    const hint = result.output_hint
    if (hint !== undefined && typeof hint !== 'string') throw 'generatedImage output_hint must be a string when provided'
    outputImage(imageOf(result))
    if (hint !== undefined) output(TEXT, '', toWellFormed(hint))
  }

  // --- Short clips ----------------------------------------------------------------------------------------------
  /** Whether a base64 data URI holds a WAV file of less than 25 ms, whatever type it declares. @type {(url: string) => boolean} */
  function isShortWave(url) {
    const comma = indexOf(url, ',')
    if (comma === -1 || indexOf(toLowerCase(slice(url, 0, comma)), ';base64') === -1) return false
    const bytes = base64Bytes(url, comma + 1)
    if (bytes === undefined || ascii(bytes, 0) !== 'RIFF' || ascii(bytes, 8) !== 'WAVE') return false
    let bytesPerSecond = 0
    for (let at = 12; at + 8 <= bytes.length; ) {
      const size = uint32(bytes, at + 4)
      const name = ascii(bytes, at)
      if (name === 'fmt ') bytesPerSecond = uint32(bytes, at + 16)
      if (name === 'data') {
        const present = bytes.length - at - 8
        return bytesPerSecond > 0 && (size < present ? size : present) * 40 < bytesPerSecond
      }
      at += 8 + size + (size & 1)
    }
    return false
  }

  /** The first 64 KiB of what base64 text encodes: more than a clip of 25 ms needs at any usual rate. @type {(url: string, from: number) => Uint8Array | undefined} */
  function base64Bytes(url, from) {
    const bytes = new Uint8Array(65536)
    let length = 0
    let bits = 0
    let held = 0
    for (let index = from; index < url.length && length < 65536; index++) {
      const code = charCodeAt(url, index)
      const value =
        code >= 65 && code <= 90 ? code - 65
        : code >= 97 && code <= 122 ? code - 71
        : code >= 48 && code <= 57 ? code + 4
        : code === 43 ? 62
        : code === 47 ? 63
        : code === 61 ? 64
        : -1
      if (value === -1) return undefined
      if (value === 64) break
      bits = ((bits << 6) | value) & 0xffffff
      held += 6
      if (held >= 8) {
        held -= 8
        bytes[length++] = (bits >> held) & 255
      }
    }
    return subarray(bytes, 0, length)
  }

  const subarray = uncurry(Uint8Array.prototype.subarray)

  /** @type {(bytes: Uint8Array, at: number) => string} */
  const ascii = (bytes, at) => fromCharCode(bytes[at] ?? 0, bytes[at + 1] ?? 0, bytes[at + 2] ?? 0, bytes[at + 3] ?? 0)

  const fromCharCode = String.fromCharCode

  /** @type {(bytes: Uint8Array, at: number) => number} */
  const uint32 = (bytes, at) =>
    ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> 0

  // --- MCP content ----------------------------------------------------------------------------------------------
  const contentExpects = 'content expects one MCP ContentBlock'

  /** @type {(value: any) => void} */
  function content(value) {
    if (typeof value !== 'object' || value === null) return contentBlock(value)
    if (visitBuiltIn(value, contentBlock)) return
    const method = value[iteratorKey]
    if (method === undefined || method === null) return contentBlock(value)
    const blocks = /** @type {Iterable<unknown>} */ (
      /** @type {unknown} */ ({ [iteratorKey]: () => apply(method, value, []) })
    )
    for (const block of blocks) contentBlock(block)
  }

  /**
   * Visits the elements of an ordinary array, set or map without the iterators that a cell may have replaced. False: it is
   * something else.
   * @type {(value: any, visit: (element: any) => void) => boolean}
   */
  function visitBuiltIn(value, visit) {
    if (typeof value !== 'object' || value === null) return false
    if (getOwnPropertyDescriptor(value, iteratorKey) !== undefined) return false
    const prototype = getPrototypeOf(value)
    if (prototype === arrayPrototype && isArray(value)) {
      for (let index = 0; index < value.length; index++) visit(value[index])
    } else if (prototype === setPrototype) setForEach(value, visit)
    else if (prototype === mapPrototype) mapForEach(value, (/** @type {any} */ element, /** @type {any} */ key) => visit([key, element]))
    else return false
    return true
  }

  /** @type {(value: unknown) => void} */
  function contentBlock(value) {
    if (value === null || typeof value !== 'object') throw contentExpects
    const json = portableJsonOf(value)
    const block = parse(json)
    if (typeof block !== 'object' || block === null || isArray(block) || !validAnnotations(block.annotations)) {
      throw contentExpects
    }
    if (block.type === 'text' && typeof block.text === 'string') return output(TEXT, '', toWellFormed(block.text))
    if (block.type === 'image' && typeof block.data === 'string') {
      return outputImage({ url: contentUrl(block), detail: detailFromMeta(block) ?? 'high' })
    }
    if (block.type === 'audio' && typeof block.data === 'string') return outputAudio(contentUrl(block))
    if (block.type === 'resource' && isResource(block.resource)) return output(TEXT, '', json)
    if (block.type === 'resource_link' && typeof block.uri === 'string' && typeof block.name === 'string') {
      return output(TEXT, '', json)
    }
    throw contentExpects
  }

  /** @type {(block: any) => string} */
  function contentUrl(block) {
    if (toLowerCase(slice(block.data, 0, 5)) === 'data:') return block.data
    const mime = block.mimeType === undefined ? block.mime_type : block.mimeType
    if (mime !== undefined && typeof mime !== 'string') throw contentExpects
    return `data:${mime ?? 'application/octet-stream'};base64,${block.data}`
  }

  /** @type {(resource: any) => boolean} */
  const isResource = (resource) =>
    typeof resource === 'object' &&
    resource !== null &&
    typeof resource.uri === 'string' &&
    (typeof resource.text === 'string' || typeof resource.blob === 'string')

  /** @type {(annotations: any) => boolean} */
  function validAnnotations(annotations) {
    if (annotations === undefined || annotations === null) return true
    if (typeof annotations !== 'object' || isArray(annotations)) return false
    const { audience, priority, lastModified } = annotations
    if (priority !== undefined && typeof priority !== 'number') return false
    if (lastModified !== undefined && typeof lastModified !== 'string') return false
    if (audience === undefined) return true
    if (!isArray(audience)) return false
    for (let index = 0; index < audience.length; index++) {
      if (audience[index] !== 'user' && audience[index] !== 'assistant') return false
    }
    return true
  }

  // --- Stored values --------------------------------------------------------------------------------------------
  /** @type {(key: any, who: string) => string} */
  function keyOf(key, who) {
    try {
      return toWellFormed(`${key}`)
    } catch {
      throw `${who} key must be a string`
    }
  }

  const outputPrefix = 'output:'

  /** @type {(key: unknown, value: unknown) => void} */
  function store(key, value) {
    const name = keyOf(key, 'store')
    if (indexOf(name, outputPrefix) === 0) {
      throw `Unable to store ${stringify(name)}. Keys that begin with "${outputPrefix}" hold the output of cells and are read only.`
    }
    if (value === undefined) {
      throw `Unable to store ${stringify(name)}. Only plain serializable objects can be stored.`
    }
    const json = portableJsonOf(value)
    checkStored(name, json)
    mapSet(storedValues, name, json)
    countPromises(STORED_PROMISE, value, json)
    sayPlace()
    send(STORED, 0, name, json)
  }

  /** @type {(name: string, json: string) => void} */
  function checkStored(name, json) {
    const size = bytesOf(name) + bytesOf(json)
    if (size > limit('storedValueBytes')) throw limitText('stored_value_bytes', limit('storedValueBytes'), size)
    const before = mapGet(storedValues, name)
    const total = storedBytes + size - (before === undefined ? 0 : bytesOf(name) + bytesOf(before))
    if (total > limit('storedBytes')) throw limitText('stored_bytes', limit('storedBytes'), total)
    const keys = storedKeys + (before === undefined ? 1 : 0)
    if (keys > limit('storedKeys')) throw limitText('stored_keys', limit('storedKeys'), keys)
    storedBytes = total
    storedKeys = keys
  }

  /** @type {(key: unknown) => unknown} */
  function load(key) {
    const name = keyOf(key, 'load')
    if (indexOf(name, outputPrefix) === 0) return keptOutput(slice(name, outputPrefix.length))
    const json = mapGet(storedValues, name)
    if (json === undefined) return undefined
    readText(json)
    return parse(json)
  }

  /**
   * What is kept of the output of a cell. Only the session has it: this thread waits for the answer, once, and a run
   * that is repeated is given the same one.
   * @type {(cell: string) => string | undefined}
   */
  function keptOutput(cell) {
    const id = +cell
    if (`${id}` !== cell || trunc(id) !== id || id < 1 || id > 9007199254740991) return undefined
    if (!mapHas(keptOutputs, id)) {
      mapSet(keptOutputs, id, /** @type {string | undefined} */ (apply(wait, host, [undefined, [OUTPUT, id]])))
    }
    const kept = mapGet(keptOutputs, id)
    if (kept !== undefined) readText(kept)
    return kept
  }

  // --- Notifications and yields ---------------------------------------------------------------------------------
  /** @type {(value: unknown) => void} */
  function notify(value) {
    const message = textOf(value)
    if (isBlank(message)) throw 'notify expects non-empty text'
    if (bytesOf(message) > limit('notificationBytes')) {
      throw limitText('notification_bytes', limit('notificationBytes'), bytesOf(message))
    }
    if (++notifications > limit('notifications')) {
      throw limitText('notifications', limit('notifications'), notifications)
    }
    countPromises(NOTIFIED, value, message)
    sayPlace()
    send(NOTIFY, 0, '', message)
  }

  /** Blank is Unicode White_Space, which is not what `trim` takes away. @type {(message: string) => boolean} */
  function isBlank(message) {
    for (let index = 0; index < message.length; index++) {
      const c = charCodeAt(message, index)
      const space =
        (c >= 9 && c <= 13) || c === 0x20 || c === 0x85 || c === 0xa0 || c === 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
        c === 0x2028 || c === 0x2029 || c === 0x202f || c === 0x205f || c === 0x3000
      if (!space) return false
    }
    return true
  }

  function yield_control() {
    sayPlace()
    send(YIELD, 0, '', '')
  }

  function exit() {
    emitInOrder(EXIT, 0, promiseCounts(), '')
    park()
  }

  // --- Tools ----------------------------------------------------------------------------------------------------
  /** @type {(tool: string, input: unknown) => Promise<unknown>} */
  function callTool(tool, input) {
    const json = input === undefined ? '' : portableJsonOf(input)
    if (bytesOf(json) > limit('argumentBytes')) {
      throw limitText('argument_bytes', limit('argumentBytes'), bytesOf(json))
    }
    if (toolCalls >= limit('toolCalls')) throw limitText('tool_calls', limit('toolCalls'), toolCalls + 1)
    const pending = mapSize(pendingCalls)
    if (pending >= limit('pendingToolCalls')) {
      throw limitText('pending_tool_calls', limit('pendingToolCalls'), pending + 1)
    }
    const bytes = pendingArgumentBytes + bytesOf(json)
    if (bytes > laterLimit('pendingArgumentBytes')) {
      throw limitText('pending_argument_bytes', laterLimit('pendingArgumentBytes'), bytes)
    }
    const id = toolCalls + 1
    countPromises(PASSED, input, json)
    sayPlace(true)
    return new PromiseOf((resolve, reject) => {
      mapSet(pendingCalls, id, { resolve, reject, bytes: bytesOf(json) })
      // At the end of the stack this may throw; then the call was not made, and its number is free.
      emitInOrder(TOOL_CALL, id, tool, json)
      toolCalls = id
      pendingArgumentBytes = bytes
      slowDown(json.length)
    })
  }

  /** @type {(id: number, succeeded: boolean, body: string) => void} */
  function settleCall(id, succeeded, body) {
    const pending = mapGet(pendingCalls, id)
    if (pending === undefined) return
    mapDelete(pendingCalls, id)
    pendingArgumentBytes -= pending.bytes
    readText(body)
    if (succeeded) pending.resolve(parse(body))
    else pending.reject(body)
  }

  /** @type {(catalogue: string) => void} */
  function installTools(catalogue) {
    const all = parse(catalogue)
    const tools = {}
    for (let index = 0; index < all.length; index++) defineTool(tools, all[index].name)
    setGlobal('tools', tools)
    setGlobal('ALL_TOOLS', all)
  }

  /** @type {(tools: object, name: string) => void} */
  function defineTool(tools, name) {
    setMember(tools, name, (/** @type {unknown} */ input) => callTool(name, input))
  }

  /** Of many tools only those are made that the cell touches; `ALL_TOOLS` is fetched when it is looked at. */
  function installManyTools() {
    /** The names, each between line feeds, once they are needed. @type {string | undefined} */
    let names
    /** Names that were made, or taken away again. */
    const settled = new MapOf()
    const isListed = (/** @type {string} */ name) => {
      names ??= /** @type {string} */ (apply(wait, host, [undefined, [NAMES, 0]]))
      return indexOf(name, '\n') === -1 && indexOf(names, `\n${name}\n`) !== -1
    }
    const settle = (/** @type {object} */ tools, /** @type {string | symbol} */ name) => {
      if (typeof name !== 'string' || mapHas(settled, name) || !isListed(name)) return
      mapSet(settled, name, true)
      defineTool(tools, name)
    }
    const settleAll = (/** @type {object} */ tools) => {
      isListed('')
      const all = names ?? ''
      for (let start = 1, end = indexOf(all, '\n', start); end !== -1; start = end + 1, end = indexOf(all, '\n', start)) {
        settle(tools, slice(all, start, end))
      }
    }
    const { ownKeys, preventExtensions, get, has, set } = Reflect
    /** @type {ProxyHandler<object> & { __proto__: null }} */
    const handler = {
      __proto__: null,
      get: (tools, name, receiver) => (settle(tools, name), get(tools, name, receiver)),
      has: (tools, name) => (settle(tools, name), has(tools, name)),
      set: (tools, name, value, receiver) => (settle(tools, name), set(tools, name, value, receiver)),
      deleteProperty: (tools, name) => (settle(tools, name), deleteProperty(tools, name)),
      defineProperty: (tools, name, to) => (settle(tools, name), defineProperty(tools, name, to)),
      getOwnPropertyDescriptor: (tools, name) => (settle(tools, name), getOwnPropertyDescriptor(tools, name)),
      ownKeys: (tools) => (settleAll(tools), ownKeys(tools)),
      preventExtensions: (tools) => (settleAll(tools), preventExtensions(tools)),
    }
    setGlobal('tools', new ProxyOf({}, handler))
    defineProperty(globalThis, 'ALL_TOOLS', {
      get() {
        // As large as it is, it is taken in the same way as a kept output.
        const all = parse(/** @type {string} */ (apply(wait, host, [undefined, [OUTPUT, 0]])))
        setGlobal('ALL_TOOLS', all)
        return all
      },
      set: (value) => setGlobal('ALL_TOOLS', value),
      enumerable: true,
      configurable: true,
    })
  }

  // --- Timers ---------------------------------------------------------------------------------------------------
  /** @type {(callback: unknown, delay: any) => number} */
  function setTimeout(callback, delay) {
    if (typeof callback !== 'function') throw 'setTimeout expects a function callback'
    const asked = +delay
    const milliseconds = isFinite(asked) && asked > 0 ? trunc(asked) : 0
    const active = mapSize(timers)
    if (active >= limit('timers')) throw limitText('timers', limit('timers'), active + 1)
    const id = ++timersSet
    mapSet(timers, id, { callback, due: clock + milliseconds })
    send(TIMER_SET, id, `${milliseconds}`, `${clock}`)
    return id
  }

  /** @type {(id: any) => void} */
  function clearTimeout(id) {
    if (id === undefined || id === null) return
    let number
    try {
      number = +id
    } catch {
      throw 'clearTimeout expects a numeric timeout id'
    }
    if (!isFinite(number) || number <= 0) return
    number = trunc(number)
    if (!mapHas(timers, number)) return
    mapDelete(timers, number)
    send(TIMER_CLEARED, number, '', '')
  }

  /** @type {(id: number) => void} */
  function fireTimer(id) {
    const timer = mapGet(timers, id)
    if (timer === undefined) return
    mapDelete(timers, id)
    if (timer.due > clock) clock = timer.due
    try {
      apply(timer.callback, undefined, [])
    } catch (thrown) {
      fail(thrown)
    }
  }

  // --- Settlement helpers ---------------------------------------------------------------------------------------
  /** Records of the inputs in the order in which they settle. @type {(promises: any) => AsyncGenerator<object>} */
  function as_settled(promises) {
    return drain(settling(promises))
  }

  /** @typedef {{ records: Map<number, object>, left: number, wake: (() => void) | undefined }} Settling */

  /** @type {(promises: any) => Settling} */
  function settling(promises) {
    /** @type {Settling} */
    const state = { records: new MapOf(), left: 0, wake: undefined }
    /** @type {(record: object) => void} */
    const add = (record) => {
      mapSet(state.records, mapSize(state.records), record)
      state.wake?.()
    }
    // By `await`, which a cell cannot replace.
    const follow = async (/** @type {unknown} */ index, /** @type {unknown} */ promise) => {
      let record
      try {
        record = { index, status: 'fulfilled', value: await promise }
      } catch (reason) {
        record = { index, status: 'rejected', reason }
      }
      add(record)
    }
    let keyed = false
    try {
      mapSize(promises)
      keyed = true
    } catch {}
    let position = 0
    const visit = (/** @type {any} */ element) => {
      const index = keyed ? element[0] : position++
      state.left++
      void follow(index, keyed ? element[1] : element)
    }
    if (!visitBuiltIn(promises, visit)) for (const element of promises) visit(element)
    return state
  }

  /** Resolves when so many have settled. @type {(state: Settling, count: number) => Promise<void>} */
  async function haveSettled(state, count) {
    if (mapSize(state.records) < count) await new PromiseOf((resolve) => (state.wake = () => resolve(undefined)))
  }

  /** @type {(state: Settling) => AsyncGenerator<object>} */
  async function* drain(state) {
    for (let next = 0; next < state.left; next++) {
      await haveSettled(state, next + 1)
      yield /** @type {object} */ (mapGet(state.records, next))
    }
  }

  /** @type {(promises: any, callback: any) => Promise<void>} */
  async function stream_settled(promises, callback) {
    if (typeof callback !== 'function') throw new TypeErrorOf('stream_settled requires a callback')
    const state = settling(promises)
    for (let next = 0; next < state.left; next++) {
      await haveSettled(state, next + 1)
      await callback(mapGet(state.records, next))
    }
  }

  // --- Life of the cell -----------------------------------------------------------------------------------------
  /** @type {(thrown: unknown) => void} */
  function fail(thrown) {
    if (ended) return
    const message = textOfThrown(thrown)
    if (ended) return
    ended = true
    const max = limit('errorBytes')
    emitInOrder(FAILED, 0, promiseCounts(), message.length <= max ? message : shorten(message, max))
  }

  /** Cuts the middle out of a text. @type {(message: string, max: number) => string} */
  function shorten(message, max) {
    const half = max >> 1
    return toWellFormed(`${slice(message, 0, half)}…${slice(message, message.length - half)}`)
  }

  function complete() {
    if (ended) return
    ended = true
    emitInOrder(DONE, 0, promiseCounts(), '')
  }

  /** An ordinary member. @type {(owner: object, name: string, value: unknown) => void} */
  function setMember(owner, name, value) {
    /** @type {PropertyDescriptor & { __proto__: null }} */
    const descriptor = {
      // A cell may have put a `get` where descriptors inherit from.
      __proto__: null,
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    }
    defineProperty(owner, name, descriptor)
  }

  /** @type {(name: string, value: unknown) => void} */
  function setGlobal(name, value) {
    setMember(globalThis, name, value)
  }

  const promiseReject = Promise.reject
  const driver = {
    ok: complete,
    err: fail,
    imp: (/** @type {any} */ specifier, /** @type {any} */ options) => {
      let reason = 'unsupported import in exec'
      try {
        checkImport(specifier, options)
      } catch (thrown) {
        reason = /** @type {any} */ (thrown)
      }
      return apply(promiseReject, PromiseOf, [reason])
    },
  }

  /** What V8 converts and refuses before it imports. @type {(specifier: any, options: any) => void} */
  function checkImport(specifier, options) {
    void `${specifier}`
    if (options === undefined) return
    if (!isObject(options)) throw new TypeErrorOf('The second argument of import() must be an object')
    const attributes = options.with
    if (attributes === undefined) return
    if (!isObject(attributes)) throw new TypeErrorOf("The 'with' option must be an object")
    const names = objectKeys(attributes)
    for (let index = 0; index < names.length; index++) {
      if (typeof attributes[names[index] ?? ''] !== 'string') throw new TypeErrorOf('Import attribute value must be a string')
    }
  }

  /** @type {(value: unknown) => boolean} */
  function isObject(value) {
    return (typeof value === 'object' && value !== null) || typeof value === 'function'
  }

  defineProperty(globalThis, '$cell', {
    value: (/** @type {string} */ file, /** @type {string} */ name, /** @type {number} */ shift) => {
      deleteProperty(globalThis, '$cell')
      sourceName = file
      importName = name
      evalShift = shift
      if (name !== '') restoreImports()
      return driver
    },
    configurable: true,
  })
  const helpers = objectFromEntries([
    ['text', text], ['image', image], ['audio', audio], ['content', content], ['generatedImage', generatedImage],
    ['store', store], ['load', load], ['notify', notify], ['setTimeout', setTimeout], ['clearTimeout', clearTimeout],
    ['yield_control', yield_control], ['exit', exit], ['as_settled', as_settled], ['stream_settled', stream_settled],
  ])
  for (const name in helpers) setGlobal(name, helpers[name])

  /**
   * Goes once through what nearly every cell does, so that its code is compiled before a cell waits for it. A cell may
   * have been quicker: then there is nothing to rehearse.
   */
  function rehearse() {
    if (isConfigured) return
    isRehearsal = true
    limits = parse('{"outputBytes":1,"jsonDepth":1,"argumentBytes":2,"toolCalls":1,"pendingToolCalls":1,"pendingArgumentBytes":2}')
    text('x')
    void callTool('', {})
    settleCall(1, true, '1')
    beginCommand(0)
    seedRandom(1)
    complete()
    ended = false
    toolCalls = 0
    unfencedEvents = 0
    unfencedLength = 0
    isRehearsal = false
  }

  // --- Commands in: kinds as in `bridge.ts` ---------------------------------------------------------------------
  return function receive(
    /** @type {number} */ kind,
    /** @type {number} */ id,
    /** @type {number} */ time,
    /** @type {string} */ a,
    /** @type {string} */ b,
  ) {
    if (ended) return
    switch (kind) {
      case 1: // tools: the catalogue of the session
        return id === 0 ? installTools(a) : installManyTools()
      case 2: // one stored value
        storedBytes += bytesOf(a) + bytesOf(b)
        storedKeys++
        mapSet(storedValues, a, b)
        return
      case 3: // limits, clock and seed, just before the source runs
        isConfigured = true
        limits = parse(a)
        limits['storedBytes'] = limit('storedBytes') + storedBytes
        limits['storedKeys'] = limit('storedKeys') + storedKeys
        beginCommand(time)
        return seedRandom(id)
      case 4: // a tool answered
        beginCommand(time)
        return settleCall(id, true, b)
      case 5: // a tool failed
        beginCommand(time)
        return settleCall(id, false, b)
      case 7: // nothing: get ready
        return rehearse()
      case 6: // a timer is due
        beginCommand(time)
        return fireTimer(id)
    }
  }
})
