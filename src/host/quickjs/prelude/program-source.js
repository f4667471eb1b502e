import { charCodeAt, indexOf, slice } from '../../prelude/primordials.js'

/** The name of the source of a cell in stacks. */
export const sourceName = 'exec_main.mjs'
/** The source, in which error texts find the names of what failed. */
export let source = ''

/** @type {(text: string) => void} */
export function setSource(text) {
  source = text
}

/** @typedef {{ getFunctionName(): string | null, getFileName(): string | null, getLineNumber(): number, getColumnNumber(): number, isNative(): boolean, isConstructor(): boolean }} Frame */

/**
 * Returns the index of a frame in the source; -1 if it is not there. Columns of QuickJS count bytes. For many calls it gives the end of
 * what precedes the name, so the index is that of the name after it.
 * @type {(frame: Frame) => number}
 */
export function indexOfFrame(frame) {
  if (frame.getFileName() !== sourceName) return -1
  let index = 0
  for (let left = frame.getLineNumber() - 1; left > 0; left--) {
    index = indexOf(source, '\n', index) + 1
    if (index === 0) return -1
  }
  for (let bytes = frame.getColumnNumber() - 1; bytes > 0; index++) bytes -= bytesOfUnit(charCodeAt(source, index))
  if (charCodeAt(source, index) === 46) index++
  while (isSpaceCode(charCodeAt(source, index))) index++
  return index
}

/** Returns the bytes of a UTF-16 unit in UTF-8; those of a pair of surrogates are split evenly. @type {(unit: number) => number} */
function bytesOfUnit(unit) {
  if (unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff)) return 3
  return unit > 127 ? 2 : 1
}

/** Returns the line and the column of an index. @type {(index: number) => { line: number, column: number }} */
export function locationAt(index) {
  let line = 1
  let start = 0
  for (let feed = indexOf(source, '\n'); feed !== -1 && feed < index; feed = indexOf(source, '\n', feed + 1)) {
    line++
    start = feed + 1
  }
  return { line, column: index - start + 1 }
}

/** Returns the index of the `new` before an index; the index itself if there is none. @type {(index: number) => number} */
export function newBefore(index) {
  let end = index
  while (isNamePart(charCodeAt(source, end - 1)) || charCodeAt(source, end - 1) === 46) end--
  const start = end
  while (isSpaceCode(charCodeAt(source, end - 1))) end--
  const isNew = end < start && slice(source, end - 3, end) === 'new' && !isNamePart(charCodeAt(source, end - 4))
  return isNew ? end - 3 : index
}

/** Returns the name at an index; an empty string if there is none. @type {(index: number) => string} */
export function nameAt(index) {
  let end = index
  if (charCodeAt(source, end) === 35) end++
  while (isNamePart(charCodeAt(source, end))) end++
  return slice(source, index, end)
}

/** The longest expression that is searched, in characters. */
const maxExpression = 300

/** Returns the index of the first use of a member at or after an index; -1 if there is none nearby. @type {(index: number, name: string) => number} */
export function memberAfter(index, name) {
  for (
    let at = indexOf(source, name, index);
    at !== -1 && at < index + maxExpression;
    at = indexOf(source, name, at + 1)
  ) {
    let before = at - 1
    while (isSpaceCode(charCodeAt(source, before))) before--
    if (charCodeAt(source, before) === 46 && !isNamePart(charCodeAt(source, at + name.length))) return at
  }
  return -1
}

/**
 * Returns the index of the last name before the arguments that contain an index, or before outer ones: the first that is wanted, if a
 * function says which are. Returns -1 if there is none nearby.
 * @type {(index: number, isWanted?: (start: number) => boolean) => number}
 */
export function calleeAround(index, isWanted) {
  const first = index > maxExpression ? index - maxExpression : 0
  let depth = 0
  // The index may be that of the parenthesis itself.
  for (let at = charCodeAt(source, index) === 40 ? index : index - 1; at >= first; at--) {
    const code = charCodeAt(source, at)
    if (code === 41 || code === 93 || code === 125) depth++
    else if ((code === 40 || code === 91 || code === 123) && depth > 0) depth--
    else if (code === 40) {
      const start = startOfName(at)
      if (isWanted === undefined || (start !== -1 && isWanted(start))) return start
    } else if (code === 123 && isWanted === undefined) return -1
  }
  return -1
}

/** Returns the start of the name that ends at an index; -1 if none does. @type {(end: number) => number} */
function startOfName(end) {
  let start = end
  while (isNamePart(charCodeAt(source, start - 1))) start--
  return start === end ? -1 : start
}

/** @type {(code: number) => boolean} */
export const isSpaceCode = (code) => code === 32 || (code >= 9 && code <= 13)

/** Returns whether a character can be part of a name. @type {(code: number) => boolean} */
export const isNamePart = (code) =>
  (code >= 97 && code <= 122) ||
  (code >= 65 && code <= 90) ||
  (code >= 48 && code <= 57) ||
  code === 95 ||
  code === 36 ||
  code > 127
