import { charCodeAt, indexOf, slice } from '../../prelude/primordials.js'
import { calleeAround, isNamePart, isSpaceCode, source } from './program-source.js'

/** The longest expression that an error text names, in characters. */
const maxNamed = 200
const intermediate = '(intermediate value)'

/**
 * Returns the callee at an index of the source as V8 prints it: `tools.nope`, `rows[0].find(...).x`, or `(intermediate value)` where the
 * source does not show it.
 * @type {(index: number) => string}
 */
export function calleeAt(index) {
  const callee = index < 0 ? -1 : calledIndex(index)
  return callee === -1 ? intermediate : shownCallee(callee)
}

/** Returns the index of the name that is called at an index, or whose arguments contain it; -1 if there is none. @type {(index: number) => number} */
export function calledIndex(index) {
  return isCalledName(index) ? index : calleeAround(index)
}

/** Returns whether a name at an index is called, with its members. @type {(index: number) => boolean} */
function isCalledName(index) {
  const name = expressionFrom(slice(source, index, index + maxNamed))
  if (name === null || indexOf(keywords, ` ${name} `) !== -1) return false
  let end = index + name.length
  while (isSpaceCode(charCodeAt(source, end))) end++
  const code = charCodeAt(source, end)
  // Arguments, a template, `?.()`, or the end of a `new` without arguments.
  return code === 40 || code === 96 || code === 63 || code === 59 || end >= source.length
}

/** @type {(index: number) => string} */
function shownCallee(index) {
  const name = expressionFrom(slice(source, index, index + maxNamed)) ?? ''
  let before = index
  while (isSpaceCode(charCodeAt(source, before - 1))) before--
  if (charCodeAt(source, before - 1) !== 46) return name
  before--
  const isOptional = charCodeAt(source, before - 1) === 63
  const start = before > maxNamed ? before - maxNamed : 0
  return `${ownerIn(slice(source, start, isOptional ? before - 1 : before))}${isOptional ? '?.' : '.'}${name}`
}

/** Words that start a statement and are no names. */
const keywords = ' for const let var await return if while new typeof void delete yield throw async function class '

/**
 * Returns the members from a name on, up to the arguments of a call; null if the text starts with none.
 * @type {(text: string) => string | null}
 */
export function expressionFrom(text) {
  let start = 0
  while (isSpaceCode(charCodeAt(text, start))) start++
  let name = nameFrom(text, start)
  if (name === null) return null
  let shown = name
  let end = start + name.length
  for (;;) {
    const code = charCodeAt(text, end)
    if (code === 91) {
      const close = indexOf(text, ']', end)
      if (close === -1) return shown
      shown += slice(text, end, close + 1)
      end = close + 1
      continue
    }
    if (code !== 46) return shown
    name = nameFrom(text, end + 1)
    if (name === null) return shown
    shown += `.${name}`
    end += name.length + 1
  }
}

/** Returns the name that starts at an index; null if none does. @type {(text: string, start: number) => string | null} */
export function nameFrom(text, start) {
  let end = start
  if (charCodeAt(text, end) === 35) end++
  while (isNamePart(charCodeAt(text, end))) end++
  return end === start ? null : slice(text, start, end)
}

/** Returns the expression at the end of a text, with `(...)` for arguments. @type {(text: string) => string} */
function ownerIn(text) {
  let shown = ''
  let end = text.length
  for (;;) {
    while (isSpaceCode(charCodeAt(text, end - 1))) end--
    const last = charCodeAt(text, end - 1)
    if (last === 41 || last === 93) {
      const open = openingOf(text, end - 1)
      if (open === -1) return intermediate + shown
      const isPostfix = isExpressionEnd(charCodeAt(text, open - 1))
      if (!isPostfix) return (last === 41 ? intermediate : slice(text, open, end)) + shown
      shown = (last === 41 ? '(...)' : slice(text, open, end)) + shown
      end = open
      continue
    }
    let start = end
    while (isNamePart(charCodeAt(text, start - 1))) start--
    if (start === end) return quotedIn(text, end) + shown
    shown = slice(text, start, end) + shown
    end = start
    while (isSpaceCode(charCodeAt(text, end - 1))) end--
    if (charCodeAt(text, end - 1) !== 46) return shown
    end--
    if (charCodeAt(text, end - 1) === 63) end--
    shown = (charCodeAt(text, end) === 63 ? '?.' : '.') + shown
  }
}

/** Returns the string literal at the end of a text, in double quotes. @type {(text: string, end: number) => string} */
function quotedIn(text, end) {
  const quote = charCodeAt(text, end - 1)
  if (quote !== 34 && quote !== 39) return intermediate
  for (let start = end - 2; start >= 0; start--) {
    if (charCodeAt(text, start) === quote) return `"${slice(text, start + 1, end - 1)}"`
  }
  return intermediate
}

/** Returns the index of the bracket that a closing one belongs to; -1 if it is not there. @type {(text: string, close: number) => number} */
function openingOf(text, close) {
  let depth = 0
  for (let index = close; index >= 0; index--) {
    const code = charCodeAt(text, index)
    if (code === 41 || code === 93 || code === 125) depth++
    else if ((code === 40 || code === 91 || code === 123) && --depth === 0) return index
  }
  return -1
}

/** @type {(code: number) => boolean} */
const isExpressionEnd = (code) => isNamePart(code) || code === 41 || code === 93
