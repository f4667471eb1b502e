import { charCodeAt, defineProperty, indexOf, slice, uncurry } from './primordials.js'

/** The name of the source, the name that replaces `import` in it, and the width of the wrapper on its first line. */
export let sourceName = 'exec_main.mjs'
let importName = ''
let evalShift = 0

/** @type {(file: string, name: string, shift: number) => void} */
export function nameSource(file, name, shift) {
  sourceName = file
  importName = name
  evalShift = shift
  if (name !== '') restoreImports()
}

/** Makes `toString` of a function with an `import(…)` return the source as it was written. */
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

/** Returns a string with the names and columns of the source as it was written. @type {(string: string) => string} */
export function asWritten(string) {
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

/** V8 counts the wrapper in the origin of an `eval` on the first line. @type {(string: string) => string} */
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

/** Returns whether the words `eval at ` stand before a position on the same line. @type {(string: string, at: number) => boolean} */
function isOriginAt(string, at) {
  let line = at
  while (line > 0 && charCodeAt(string, line - 1) !== 10) line--
  const words = indexOf(string, 'eval at ', line)
  return words !== -1 && words < at
}
