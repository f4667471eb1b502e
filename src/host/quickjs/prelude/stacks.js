import { ErrorOf, apply, deleteProperty, getOwnPropertyDescriptor, getPrototypeOf } from '../../prelude/primordials.js'
import { quickJsKinds } from '../kinds.ts'
import { waitForHost } from './bridge.js'

const errorNames = /** @type {any} */ (ErrorOf)
const internalErrorPrototype = /** @type {any} */ (globalThis).InternalError.prototype

/** @typedef {{ getFunctionName(): string | null, getFileName(): string | null, getLineNumber(): number, getColumnNumber(): number, isNative(): boolean }} Frame */

/**
 * Formats the stack of a new error as V8 does: with the name and the message in front. A program may format stacks itself.
 * @type {(error: any, frames: readonly Frame[]) => unknown}
 */
function formatStack(error, frames) {
  const refused = getOwnPropertyDescriptor(error, 'message')?.value === 'out of memory'
  // QuickJS makes an error that no program can catch. In an async function it would disappear, and the cell would wait forever.
  if (refused && getPrototypeOf(error) === internalErrorPrototype) waitForHost(quickJsKinds.outOfMemory)
  const own = getOwnPropertyDescriptor(errorNames, 'prepareStackTrace')?.value
  if (typeof own === 'function') return apply(own, errorNames, [error, frames])
  let stack = headOf(error)
  for (let index = 0; index < frames.length; index++) {
    const frame = frames[index]
    if (frame !== undefined) stack += lineOf(frame)
  }
  return stack
}

/** @type {(error: any) => string} */
function headOf(error) {
  try {
    const { name, message } = error
    const head = name === undefined ? 'Error' : `${name}`
    const text = message === undefined ? '' : `${message}`
    return head === '' ? text : text === '' ? head : `${head}: ${text}`
  } catch {
    return ''
  }
}

/** Returns the line of a frame; an empty string for frames of builtins and of the prelude. @type {(frame: Frame) => string} */
function lineOf(frame) {
  const file = frame.getFileName()
  if (frame.isNative() || file === null || file === 'codecell:prelude' || file === '<input>') return ''
  const location = `${file}:${frame.getLineNumber()}:${frame.getColumnNumber()}`
  const name = frame.getFunctionName()
  return `\n    at ${isUnnamed(name) ? location : `${name} (${location})`}`
}

/** @type {(name: string | null) => boolean} */
const isUnnamed = (name) => name === null || name === '' || name === '<anonymous>' || name === '<eval>'

errorNames.prepareStackTrace = formatStack
deleteProperty(errorNames, 'prepareStackTrace')

/** @type {EngineParts['programLocation']} */
export function programLocation() {
  return null
}

/** @type {EngineParts['asWritten']} */
export function asWritten(string) {
  return string
}
