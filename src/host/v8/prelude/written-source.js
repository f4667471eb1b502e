import { charCodeAt, defineProperty, indexOf, slice, uncurry } from '../../prelude/primordials.js'

/** The name of the source, the name that replaces `import` in it, and the width of the wrapper on its first line. */
export let sourceName = 'exec_main.mjs'
let importName = ''
let evalShift = 0

/** @type {(file: string, name: string, shift: number) => void} */
export function nameSource(file, name, shift) {
  sourceName = file
  importName = name
  evalShift = shift
  if (name !== '') restoreSources()
}

/** The names of the calls of `text` that know their location. @type {string[]} */
const textNames = []

/** Adds a name that stands for `text` in the source. @type {(name: string) => void} */
export function nameText(name) {
  if (textNames.length === 0 && importName === '') restoreSources()
  textNames[textNames.length] = name
}

/** Makes `toString` of a function return its source as it was written. */
function restoreSources() {
  const functionPrototype = Function.prototype
  const nativeToString = uncurry(functionPrototype.toString)
  const nativeText = nativeToString(functionPrototype.toString)
  const restored = {
    /** @this {unknown} */
    toString() {
      return this === restored ? nativeText : withTexts(asWritten(nativeToString(this)))
    },
  }.toString
  defineProperty(functionPrototype, 'toString', { value: restored, writable: true, configurable: true })
}

/** @type {EngineParts['asWritten']} */
export function asWritten(string) {
  let out = indexOf(string, ownFile) === -1 ? string : withoutOwnFrames(string)
  if (importName !== '' && indexOf(out, importName) !== -1) out = replaced(out, importName, 'import')
  return evalShift > 0 && indexOf(out, 'eval at ') !== -1 ? unshifted(out) : out
}

/** @type {(source: string) => string} */
function withTexts(source) {
  let out = source
  for (let index = 0; index < textNames.length; index++) {
    const name = textNames[index] ?? ''
    if (indexOf(out, name) !== -1) out = replaced(out, name, 'text')
  }
  return out
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

const ownFile = 'codecell:prelude:'
const frameStart = '    at '
/** The prelude calls this builtin without a receiver. */
const ownCall = '    at stringify (<anonymous>)'

/** Removes the frames of the prelude, which mean nothing to a program, from a string or from JSON. @type {(string: string) => string} */
function withoutOwnFrames(string) {
  let out = ''
  let from = 0
  for (let at = indexOf(string, ownFile); at !== -1; at = indexOf(string, ownFile, at + 1)) {
    const line = lineStart(string, from, at)
    if (line === -1) continue
    out = withoutOwnCall(out + slice(string, from, line))
    from = frameEnd(string, at + ownFile.length)
  }
  return out + slice(string, from)
}

/** Returns the index of the line feed, or of its escape in JSON, before the frame at an index; -1 if it is not a frame. @type {(string: string, from: number, at: number) => number} */
function lineStart(string, from, at) {
  for (let index = at - 1; index >= from; index--) {
    const code = charCodeAt(string, index)
    if (code === 10) return indexOf(string, frameStart, index) === index + 1 ? index : -1
    if (code === 110 && charCodeAt(string, index - 1) === 92 && indexOf(string, frameStart, index) === index + 1) {
      return index - 1
    }
  }
  return -1
}

/** Returns the index after the line, the column and a parenthesis. @type {(string: string, from: number) => number} */
function frameEnd(string, from) {
  let end = from
  for (let code = charCodeAt(string, end); (code >= 48 && code <= 57) || code === 58;) code = charCodeAt(string, ++end)
  return charCodeAt(string, end) === 41 ? end + 1 : end
}

/** @type {(string: string) => string} */
function withoutOwnCall(string) {
  for (let index = 0; index < 2; index++) {
    const separator = index === 0 ? '\n' : '\\n'
    const start = string.length - ownCall.length - separator.length
    if (start >= 0 && slice(string, start) === separator + ownCall) return slice(string, 0, start)
  }
  return string
}
