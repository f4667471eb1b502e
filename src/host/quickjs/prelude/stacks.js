import {
  ErrorOf,
  apply,
  defineProperty,
  deleteProperty,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  indexOf,
  slice,
  weakMapGet,
  weakMapHas,
  weakMapSet,
  WeakMapOf,
} from '../../prelude/primordials.js'
import { asNative, defineBuiltin } from '../../prelude/native.js'
import { quickJsKinds } from '../kinds.ts'
import { waitForHost } from './bridge.js'
import { constructorName, useWordsOfV8 } from './error-words.js'
import { calledIndex } from './callees.js'
import { calleeAround, indexOfFrame, locationAt, nameAt, newBefore, source, sourceName } from './program-source.js'

/** @typedef {import('./program-source.js').Frame} Frame */

const errors = /** @type {any} */ (ErrorOf)
const internalErrorPrototype = /** @type {any} */ (globalThis).InternalError.prototype
const isError = errors.isError
/**
 * The frames of errors whose stack the program has not read, with the index in the source of what failed, and the name of the class.
 * @typedef {{ frames: readonly Frame[], index: number, name: string }} Captured
 * @type {WeakMap<object, Captured>}
 */
const framesOf = new WeakMapOf()

/** Whether `Error.captureStackTrace` runs. */
let isCapturing = false
/** Whether only the location of the program is wanted, of a call of a tool or of another helper. @type {'call' | 'helper' | null} */
let locating = null
/** @type {{ line: number, column: number } | null} */
let located = null

/** The location in the text of `JSON.parse` at which the last one failed. */
export let inputPlace = { line: 1, column: 1 }

/**
 * Formats the stack of a new error, or of an object that captures one. The `stack` of an error becomes a property
 * of its own.
 * @type {(error: any, frames: readonly Frame[]) => unknown}
 */
function onStack(error, frames) {
  if (locating !== null) return void (located = locationIn(frames))
  // QuickJS also captures the stack of other objects when a program throws them.
  if (!isCapturing && !isError(error)) return undefined
  // It asks again when a program throws an error whose stack it has deleted.
  if (!isCapturing && weakMapHas(framesOf, error)) return ''
  const isRefusal = getOwnPropertyDescriptor(error, 'message')?.value === 'out of memory'
  // No program can catch this error. In an async function it would disappear, and the cell would wait forever.
  if (isRefusal && getPrototypeOf(error) === internalErrorPrototype) waitForHost(quickJsKinds.outOfMemory)
  const first = frames[0]
  if (first !== undefined && first.getFileName() === '<input>') {
    inputPlace = { line: first.getLineNumber(), column: first.getColumnNumber() }
  }
  const index = isCapturing ? -1 : useWordsOfV8(error, frames)
  const own = getOwnPropertyDescriptor(errors, 'prepareStackTrace')?.value
  const prepared = typeof own === 'function' ? apply(own, errors, [error, frames]) : undefined
  const name = constructorName(error)
  if (isCapturing) return typeof own === 'function' ? prepared : headOf(error) + linesOf({ frames, index, name })
  if (typeof own === 'function') defineBuiltin(error, 'stack', prepared)
  else {
    // Most programs never read it, so it becomes text when they do.
    weakMapSet(framesOf, error, { frames, index, name })
    defineProperty(error, 'stack', stackProperty)
  }
  // QuickJS would format the stack again if it got nothing.
  return ''
}

/** Locates the call of a helper, or of a tool, in the innermost frame of the program. @type {(frames: readonly Frame[]) => { line: number, column: number } | null} */
function locationIn(frames) {
  for (let at = 0; at < frames.length; at++) {
    if (/** @type {Frame} */ (frames[at]).getFileName() !== sourceName) continue
    return locationAt(helperIndex(indexOfFrame(/** @type {Frame} */ (frames[at]))))
  }
  return null
}

/**
 * Returns the index of the helper or tool that was called. QuickJS gives the index of what precedes the call, which may be in its
 * arguments: then it is that of the first helper or tool that has them.
 * @type {(index: number) => number}
 */
function helperIndex(index) {
  if (isHelperAt(index)) return index
  const around = calleeAround(index, isHelperAt)
  if (around !== -1) return around
  const called = calledIndex(index)
  return called === -1 ? index : called
}

const helperNames = ' text content image audio generatedImage store notify '

/** @type {(index: number) => boolean} */
function isHelperAt(index) {
  const before = slice(source, index > 6 ? index - 6 : 0, index)
  if (locating === 'call') return before === 'tools.'
  return !endsMember(before) && indexOf(helperNames, ` ${nameAt(index)} `) !== -1
}

/** @type {(text: string) => boolean} */
const endsMember = (text) => slice(text, text.length - 1) === '.' && slice(text, text.length - 3) !== '...'

/** Returns the first line of a stack, as V8 does: without calls into the program if the error is an ordinary one. @type {(error: any) => string} */
function headOf(error) {
  try {
    const { name, message } = error
    const head = name === undefined ? 'Error' : `${name}`
    const text = message === undefined ? '' : `${message}`
    return head === '' ? text : text === '' ? head : `${head}: ${text}`
  } catch (thrown) {
    return headOfFailure(thrown)
  }
}

/** Returns the first line for an error whose name or message throws. @type {(thrown: any) => string} */
function headOfFailure(thrown) {
  try {
    return `<error: ${thrown}>`
  } catch {
    return '<error>'
  }
}

/** @type {(captured: Captured) => string} */
function linesOf({ frames, index, name }) {
  let lines = ''
  let callee = name
  for (let at = 0; at < frames.length; at++) {
    const frame = /** @type {Frame} */ (frames[at])
    lines += lineOf(frame, at === 0 && index !== -1 ? index : callIndex(frame, callee))
    callee = frame.getFunctionName() ?? ''
  }
  return lines
}

/** Returns the index of a call in the source, as V8 counts: that of the name of the callee, or of `new`. @type {(frame: Frame, callee: string) => number} */
function callIndex(frame, callee) {
  const index = indexOfFrame(frame)
  if (index === -1) return -1
  const isCallee = (/** @type {number} */ start) => nameAt(start) === callee
  const around = callee === '' || isCallee(index) ? -1 : calleeAround(index, isCallee)
  return newBefore(around === -1 ? index : around)
}

/** Returns the line of a frame; an empty string for frames of builtins and of the prelude. @type {(frame: Frame, index: number) => string} */
function lineOf(frame, index) {
  const file = frame.getFileName()
  if (frame.isNative() || file === null || file === 'codecell:prelude' || file === '<input>') return ''
  const { line, column } =
    index === -1 ? { line: frame.getLineNumber(), column: frame.getColumnNumber() } : locationAt(index)
  const name = frame.getFunctionName()
  const location = `${file}:${line}:${column}`
  if (name === null || name === '' || name === '<anonymous>' || name === '<eval>') return `\n    at ${location}`
  return `\n    at ${frame.isConstructor() ? 'new ' : ''}${name} (${location})`
}

/** The property of a new error. It has its text when the program first reads it, as in V8: with the name and the message of that time. */
const stackProperty = /** @type {PropertyDescriptor & { __proto__: null }} */ ({
  __proto__: null,
  .../** @type {object} */ (
    getOwnPropertyDescriptor(
      {
        get stack() {
          const captured = weakMapGet(framesOf, this)
          if (captured === undefined) return undefined
          const text = headOf(this) + linesOf(captured)
          captured.frames = []
          replaceStack(this, text)
          return text
        },
        set stack(value) {
          replaceStack(this, value)
        },
      },
      'stack',
    )
  ),
  enumerable: false,
})

/** @type {(error: object, value: unknown) => void} */
function replaceStack(error, value) {
  if (getOwnPropertyDescriptor(error, 'stack')?.get === stackProperty.get) defineBuiltin(error, 'stack', value)
}

errors.prepareStackTrace = onStack
deleteProperty(errors, 'prepareStackTrace')
deleteProperty(ErrorOf.prototype, 'stack')

const captureStackTrace = errors.captureStackTrace
defineBuiltin(
  errors,
  'captureStackTrace',
  asNative(
    {
      captureStackTrace(/** @type {any} */ object, /** @type {any} */ above) {
        isCapturing = true
        try {
          apply(captureStackTrace, errors, above === undefined ? [object] : [object, above])
        } finally {
          isCapturing = false
        }
      },
    }.captureStackTrace,
  ),
)

/** @type {EngineParts['programLocation']} */
export function programLocation(isCall) {
  locating = isCall ? 'call' : 'helper'
  located = null
  try {
    void new ErrorOf()
  } finally {
    locating = null
  }
  return located
}

/** @type {EngineParts['asWritten']} */
export function asWritten(string) {
  return string
}
