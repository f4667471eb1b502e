import {
  PromiseOf,
  TypeErrorOf,
  apply,
  defineProperty,
  deleteProperty,
  objectKeys,
  promiseReject,
} from '../../prelude/primordials.js'
import { complete, fail } from '../../prelude/program-end.js'
import { textAt } from '../../prelude/output.js'
import { nameSource, nameText } from './written-source.js'

/** Reports the end and the error of a program, and refuses its imports. */
const driver = {
  ok: complete,
  text: (/** @type {string} */ name, /** @type {number} */ line, /** @type {number} */ column) => {
    nameText(name)
    return textAt(line, column)
  },
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

/** Converts and refuses what V8 converts and refuses before an import. @type {(specifier: any, options: any) => void} */
function checkImport(specifier, options) {
  void `${specifier}`
  if (options === undefined) return
  if (!isObject(options)) throw new TypeErrorOf('The second argument to import() must be an object')
  const attributes = options.with
  if (attributes === undefined) return
  if (!isObject(attributes)) throw new TypeErrorOf("The 'with' option must be an object")
  const names = objectKeys(attributes)
  for (let index = 0; index < names.length; index++) {
    if (typeof attributes[names[index] ?? ''] !== 'string')
      throw new TypeErrorOf('Import attribute value must be a string')
  }
}

/** @type {(value: unknown) => boolean} */
function isObject(value) {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}

// The wrapper of a source takes its driver from this global, which then disappears.
defineProperty(globalThis, '$cell', {
  value: (/** @type {string} */ file, /** @type {string} */ name, /** @type {number} */ shift) => {
    deleteProperty(globalThis, '$cell')
    nameSource(file, name, shift)
    return driver
  },
  configurable: true,
})
