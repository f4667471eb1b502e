/** Maximum depth of JSON that a client sends. */
const maxDepth = 10_000

/**
 * Refuses JSON for which the parser would need seconds and gigabytes: it needs a hundred bytes for each open value.
 *
 * @throws {RangeError}
 */
export function checkDepth(json: Buffer): void {
  if (json.length > maxDepth && isTooDeep(json)) {
    throw new RangeError(`expected at most ${maxDepth} nested values`)
  }
}

function isTooDeep(json: Buffer): boolean {
  let depth = 0
  let isString = false
  for (let at = 0; at < json.length && depth <= maxDepth; at++) {
    const byte = json[at]
    if (byte === quote) isString = !isString
    else if (isString && byte === backslash) at++
    else if (!isString && (byte === openBracket || byte === openBrace)) depth++
    else if (!isString && (byte === closeBracket || byte === closeBrace)) depth--
  }
  return depth > maxDepth
}

const quote = 0x22
const backslash = 0x5c
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d
