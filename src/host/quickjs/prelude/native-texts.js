import {
  charCodeAt,
  defineProperty,
  deleteProperty,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  indexOf,
  parse,
  slice,
  uncurry,
} from '../../prelude/primordials.js'
import { asNative, defineBuiltin } from '../../prelude/native.js'
import { inputPlace } from './stacks.js'

// Builtins whose texts programs and models see.

const functionText = uncurry(Function.prototype.toString)
const nativeBody = '{\n    [native code]\n}'
defineBuiltin(
  Function.prototype,
  'toString',
  asNative(
    {
      /** @this {unknown} */
      toString() {
        const text = functionText(this)
        const end = text.length - nativeBody.length
        return end > 0 && slice(text, end) === nativeBody ? `${slice(text, 0, end)}{ [native code] }` : text
      },
    }.toString,
  ),
)

const syntaxErrorPrototype = SyntaxError.prototype

defineBuiltin(
  JSON,
  'parse',
  asNative(
    {
      parse(/** @type {any} */ text, /** @type {any} */ reviver) {
        // A string object would be converted twice.
        const string = typeof text === 'string' ? text : `${text}`
        try {
          return arguments.length < 2 ? parse(string) : parse(string, reviver)
        } catch (thrown) {
          improve(thrown, string)
          throw thrown
        }
      },
    }.parse,
  ),
)

/** Names the text that is not JSON, as V8 does. @type {(thrown: any, text: string) => void} */
function improve(thrown, text) {
  if (typeof thrown !== 'object' || thrown === null || getPrototypeOf(thrown) !== syntaxErrorPrototype) return
  const message = getOwnPropertyDescriptor(thrown, 'message')?.value
  const words = typeof message === 'string' ? jsonWords(message, text) : undefined
  if (words === undefined) return
  defineProperty(thrown, 'message', /** @type {any} */ ({ __proto__: null, value: words }))
}

/** @type {(message: string, text: string) => string | undefined} */
function jsonWords(message, text) {
  const isToken = indexOf(message, 'nexpected token') === 1
  if (!isToken && message !== 'unexpected data at the end') return undefined
  if (indexOf('|undefined|NaN|Infinity|[object Object]|', `|${text}|`) !== -1) return `"${text}" is not valid JSON`
  let start = 0
  for (let left = inputPlace.line - 1; left > 0; left--) start = indexOf(text, '\n', start) + 1
  const at = differenceFrom(text, start + inputPlace.column - 1)
  if (at >= text.length) return 'Unexpected end of JSON input'
  if (isToken) return `Unexpected token '${slice(text, at, at + 1)}', ${shownAround(text, at)} is not valid JSON`
  const { line } = inputPlace
  return `Unexpected non-whitespace character after JSON at position ${at} (line ${line} column ${at - start + 1})`
}

/** Returns the index at which a text leaves the word that it begins. @type {(text: string, start: number) => number} */
function differenceFrom(text, start) {
  const first = charCodeAt(text, start)
  const word = first === 116 ? 'true' : first === 102 ? 'false' : first === 110 ? 'null' : ''
  let length = 0
  while (length < word.length && charCodeAt(text, start + length) === charCodeAt(word, length)) length++
  return start + length
}

/** @type {(text: string, at: number) => string} */
function shownAround(text, at) {
  if (text.length <= 40) return `"${text}"`
  const start = at > 10 ? at - 10 : 0
  const end = at + 10 < text.length ? at + 10 : text.length
  return `${start > 0 ? '...' : ''}"${slice(text, start, end)}"${end < text.length ? '...' : ''}`
}

// There is no `queueMicrotask` in a cell.
deleteProperty(globalThis, 'queueMicrotask')
