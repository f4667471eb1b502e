import { defineProperty, getOwnPropertyDescriptor, getPrototypeOf, indexOf, slice } from '../../prelude/primordials.js'
import { calleeAt, calledIndex, expressionFrom, nameFrom } from './callees.js'
import { indexOfFrame, memberAfter, nameAt, newBefore, source, sourceName } from './program-source.js'

/** @typedef {import('./program-source.js').Frame} Frame */

/** The words of V8 for messages of QuickJS that have no names in them. @type {Record<string, string>} */
const plainWords = {
  // @ts-expect-error
  __proto__: null,
  'circular reference': 'Converting circular structure to JSON',
  'BigInt are forbidden in JSON.stringify': 'Do not know how to serialize a BigInt',
  'cannot convert BigInt to number': 'Cannot mix BigInt and other types, use explicit conversions',
  'cannot convert symbol to string': 'Cannot convert a Symbol value to a string',
  'cannot convert symbol to number': 'Cannot convert a Symbol value to a number',
  "invalid 'instanceof' right operand": "Right-hand side of 'instanceof' is not callable",
  'this is not initialized':
    "Must call super constructor in derived class before accessing 'this' or returning from derived constructor",
  'invalid array length': 'Invalid array length',
  'invalid value used as WeakMap key': 'Invalid value used as weak map key',
  'invalid value used as WeakSet key': 'Invalid value used in weak set',
  'string too long': 'Invalid string length',
  'empty array': 'Reduce of empty array with no initial value',
  'Date value is NaN': 'Invalid time value',
  'expecting hex digit': 'URI malformed',
  'could not delete property': 'Cannot delete property',
  'no setter for property': 'Cannot set property which has only a getter',
  'object is not extensible': 'Cannot add property, object is not extensible',
  'bad normalization form': 'The normalization form should be one of NFC, NFD, NFKC, NFKD.',
}

const errorPrototypes = [
  TypeError,
  ReferenceError,
  RangeError,
  SyntaxError,
  URIError,
  /** @type {any} */ (globalThis).InternalError,
].map((constructor) => constructor.prototype)

/**
 * Gives an error of QuickJS the message of V8, where that is a common one. Errors that a program makes keep theirs. Returns the index
 * in the source of what failed; -1 where it is that of the first frame.
 * @type {(error: object, frames: readonly Frame[]) => number}
 */
export function useWordsOfV8(error, frames) {
  const message = getOwnPropertyDescriptor(error, 'message')?.value
  if (typeof message !== 'string' || !isOfEngine(error, frames)) return -1
  const words = plainWords[message] ?? locatedWords(message, frames)
  if (words !== undefined) defineProperty(error, 'message', /** @type {any} */ ({ __proto__: null, value: words }))
  const frame = frames[0]
  const index = frame === undefined ? -1 : indexOfFrame(frame)
  if (index === -1) return -1
  if (message === 'not a function') {
    const called = calledIndex(index)
    return called === -1 ? -1 : newBefore(called)
  }
  return indexOf(message, cannotRead) === 0 ? memberAfter(index, memberIn(message)) : -1
}

const cannotRead = "cannot read property '"

/** Returns the name of the member in a message. @type {(message: string) => string} */
const memberIn = (message) => slice(message, cannotRead.length, lastIndexOf(message, "' of "))

/** Returns whether the program did not make an error itself. @type {(error: object, frames: readonly Frame[]) => boolean} */
function isOfEngine(error, frames) {
  const prototype = getPrototypeOf(error)
  let isBuiltIn = false
  for (let index = 0; index < errorPrototypes.length; index++) isBuiltIn ||= errorPrototypes[index] === prototype
  const frame = frames[0]
  if (!isBuiltIn) return false
  if (frame === undefined) return true
  if (frame.isNative() || frame.getFileName() !== sourceName) return frame.getFileName() !== 'codecell:prelude'
  const index = indexOfFrame(frame)
  return !isErrorName(nameAt(index))
}

/** Returns the name of the class of an error. Nothing of the program is called. @type {(error: object) => string} */
export function constructorName(error) {
  const prototype = getPrototypeOf(error)
  const owner = prototype === null ? undefined : getOwnPropertyDescriptor(prototype, 'constructor')?.value
  const name = typeof owner === 'function' ? getOwnPropertyDescriptor(owner, 'name')?.value : undefined
  return typeof name === 'string' ? name : ''
}

/** @type {(name: string) => boolean} */
const isErrorName = (name) => slice(name, name.length - 5) === 'Error'

/** The words of V8 for a builtin that expects an object, by its name. @type {Record<string, string>} */
const objectWords = {
  // @ts-expect-error
  __proto__: null,
  concat: 'Iterator.concat called on non-object',
  defineProperty: 'Object.defineProperty called on non-object',
  ownKeys: 'Reflect.ownKeys called on non-object',
  setPrototypeOf: 'Object prototype may only be an Object or null',
  Proxy: 'Cannot create proxy with a non-object as target or handler',
  Map: 'Iterator value is not an entry object',
}

/** @type {(message: string, frames: readonly Frame[]) => string | undefined} */
function locatedWords(message, frames) {
  const frame = frames[0]
  if (frame === undefined) return undefined
  const isNative = frame.isNative()
  const caller = isNative ? frames[1] : frame
  const index = caller === undefined ? -1 : indexOfFrame(caller)
  const text = index === -1 ? '' : slice(source, index, index + maxSearched)
  switch (message) {
    case 'not a function':
      return index === -1 ? undefined : functionWords(index, text, isNative ? frame.getFunctionName() : undefined)
    case 'not a constructor':
      return index === -1 ? undefined : `${calleeAt(index)} is not a constructor`
    case 'value is not iterable':
      if (index === -1) return undefined
      return `${isNative ? firstArgument(index) : (iteratedIn(text) ?? 'object')} is not iterable`
    case 'Cannot convert undefined or null to object':
      return index === -1 || isNative ? undefined : destructuringWords(text)
    case "class constructors must be invoked with 'new'":
      return `Class constructor ${frame.getFunctionName()} cannot be invoked without 'new'`
    case 'not an object':
      return objectWords[isNative ? (frame.getFunctionName() ?? '') : '']
    case "invalid 'in' operand":
      return "Cannot use 'in' operator to search for a key in a primitive value"
    case "regexp must have the 'g' flag":
      return `String.prototype.${frame.getFunctionName()} called with a non-global RegExp argument`
    default:
      return namedWords(message, text)
  }
}

/** The part of the source that is searched for a name, in characters. */
const maxSearched = 300

/**
 * Returns the words for a call of a value that is not a function, and for such a value that the program passes to a builtin.
 * @type {(index: number, text: string, builtin: string | null | undefined) => string}
 */
function functionWords(index, text, builtin) {
  if (builtin === 'Promise') return `Promise resolver ${firstArgument(index)} is not a function`
  if (builtin !== undefined) return `${firstArgument(index)} is not a function`
  if (newBefore(index) !== index) return `${calleeAt(index)} is not a constructor`
  return indexOf(text, 'for await') === 0
    ? `${textBetween(text, ' of ', ')') ?? 'object'} is not async iterable`
    : `${calleeAt(index)} is not a function`
}

/** @type {(code: string, before: string, after: string) => string | null} */
function textBetween(code, before, after) {
  const start = indexOf(code, before) + before.length
  const end = indexOf(code, after, start)
  return start < before.length || end === -1 ? null : slice(code, start, end)
}

/** Rewrites messages with a name in them. @type {(message: string, code: string) => string | undefined} */
function namedWords(message, code) {
  for (let index = 0; index < 2; index++) {
    const before = index === 0 ? "cannot read property '" : "cannot set property '"
    if (indexOf(message, before) !== 0) continue
    const [verb, doing] = index === 0 ? ['read', 'reading'] : ['set', 'setting']
    const end = lastIndexOf(message, "' of ")
    const name = slice(message, before.length, end)
    const value = slice(message, end + 5)
    if (name === 'Symbol.iterator') return `${iteratedIn(code) ?? value} is not iterable`
    return `Cannot ${verb} properties of ${value} (${doing} '${name}')`
  }
  if (slice(message, message.length - 19) === ' is not initialized') {
    return `Cannot access '${slice(message, 0, message.length - 19)}' before initialization`
  }
  if (slice(message, message.length - 14) === "' is read-only") {
    const name = slice(message, 1, message.length - 14)
    if (isAssigned(name, code)) return 'Assignment to constant variable.'
    return `Cannot assign to read only property '${name}' of object`
  }
  return undefined
}

/** Returns whether a source begins with a change of a variable. @type {(name: string, code: string) => boolean} */
function isAssigned(name, code) {
  let at = indexOf(code, '++') === 0 || indexOf(code, '--') === 0 ? 2 : 0
  if (indexOf(code, name, at) !== at) return false
  at += name.length
  while (slice(code, at, at + 1) === ' ') at++
  const next = slice(code, at, at + 1)
  return next !== '.' && next !== '[' && next !== '?'
}

/** @type {(text: string, part: string) => number} */
function lastIndexOf(text, part) {
  let found = -1
  for (let at = indexOf(text, part); at !== -1; at = indexOf(text, part, at + 1)) found = at
  return found
}

/** Returns the iterated expression at the start of a source: the initial value of a declaration, or a name. @type {(code: string) => string | null} */
function iteratedIn(code) {
  const name = expressionFrom(code)
  if (name !== 'const' && name !== 'let' && name !== 'var') return name
  return valueAfter(code, '] =')
}

/** Returns the text between a sign of assignment and the end of the statement. @type {(code: string, sign: string) => string | null} */
function valueAfter(code, sign) {
  const at = indexOf(code, sign)
  if (at === -1) return null
  const start = at + sign.length + (slice(code, at + sign.length, at + sign.length + 1) === ' ' ? 1 : 0)
  let end = start
  while (end < code.length && indexOf(';\n', slice(code, end, end + 1)) === -1) end++
  return end - start > 60 ? null : slice(code, start, end)
}

/** Returns the words for a value that cannot be taken apart. @type {(code: string) => string | undefined} */
function destructuringWords(code) {
  const open = indexOf(code, '{')
  let at = open + 1
  while (slice(code, at, at + 1) === ' ') at++
  const name = open === -1 ? null : nameFrom(code, at)
  const value = valueAfter(code, '} =')
  const isNested = open !== -1 && indexOf(textBetween(code, '{', '}') ?? '{', '{') !== -1
  if (name === null || isNested) return 'Cannot destructure a value that is undefined or null.'
  const owner = value === null ? '' : ` of '${value}'`
  return `Cannot destructure property '${name}'${owner} as it is undefined or null.`
}

/** Returns the text of the first argument of a call. @type {(index: number) => string} */
function firstArgument(index) {
  const open = indexOf(source, '(', calledIndex(index))
  const end = open === -1 ? -1 : endOfArgument(open + 1)
  const text = end === -1 ? '' : slice(source, open + 1, end)
  return text === '' || text.length > 60 ? 'undefined' : text
}

/** @type {(start: number) => number} */
function endOfArgument(start) {
  const comma = indexOf(source, ',', start)
  const close = indexOf(source, ')', start)
  return comma !== -1 && comma < close ? comma : close
}
