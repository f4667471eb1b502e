import {
  ErrorOf,
  defineProperty,
  deleteProperty,
  getOwnPropertyDescriptor,
  uncurry,
} from '../../prelude/primordials.js'
import { sourceName } from './written-source.js'

const { captureStackTrace } = /** @type {any} */ (Error)

/**
 * Returns the innermost location of the stack that is in the program. The text of a stack does not suffice: it contains names
 * of functions, and names that a program gives to scripts it evaluates. `prepareStackTrace` is replaced for the duration of
 * this call, whatever the prototypes of `Error` have. A program that formats stacks itself would see this one, so such a program
 * gets no locations.
 * @type {EngineParts['programLocation']}
 */
export function programLocation() {
  if (getOwnPropertyDescriptor(ErrorOf, 'prepareStackTrace') !== undefined) return null
  if (!defineProperty(ErrorOf, 'prepareStackTrace', /** @type {any} */ (locationFinder))) return null
  /** @type {{ stack?: any }} */
  const holder = /** @type {any} */ ({ __proto__: null })
  try {
    captureStackTrace(holder)
    return holder.stack ?? null
  } finally {
    deleteProperty(ErrorOf, 'prepareStackTrace')
  }
}

/** V8's accessors of a frame, out of the reach of programs. */
const [fileNameOf, lineNumberOf, columnNumberOf] = (() => {
  defineProperty(ErrorOf, 'prepareStackTrace', {
    value: (/** @type {unknown} */ _, /** @type {any} */ frames) => frames[0],
    configurable: true,
  })
  const frame = /** @type {any} */ (new ErrorOf().stack)
  deleteProperty(ErrorOf, 'prepareStackTrace')
  return [uncurry(frame.getFileName), uncurry(frame.getLineNumber), uncurry(frame.getColumnNumber)]
})()

const locationFinder = {
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
