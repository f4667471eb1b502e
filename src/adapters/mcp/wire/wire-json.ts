/** A string of JSON, or a number that Python and JavaScript know and JSON does not. */
const stringOrNoNumber = /"(?:[^"\\]|\\[^])*"?|-?\b(?:NaN|Infinity)\b/g

/**
 * Parses a message. Servers in Python write NaN and infinite numbers, which become null. A byte order mark is skipped.
 *
 * @throws {SyntaxError}
 */
export function parseWireJson(text: string): unknown {
  const json = text.startsWith('\uFEFF') ? text.slice(1) : text
  try {
    return JSON.parse(json)
  } catch (error) {
    const corrected = json.replaceAll(stringOrNoNumber, (found) => (found.startsWith('"') ? found : 'null'))
    if (corrected === json) throw error
    return JSON.parse(corrected)
  }
}

/** A string, a bracket, or a number or word. */
const tokens = /"(?:[^"\\]|\\[^])*"?|[{}[\]:,]|[^\s"{}[\]:,]+/g

/** Returns the id in a text that is not JSON but has the form of a message; undefined without one. */
export function idInText(text: string): unknown {
  if (!text.trimStart().startsWith('{')) return undefined
  let depth = 0
  let before: readonly string[] = []
  for (const [token] of text.matchAll(tokens)) {
    // A dictionary of Python has apostrophes.
    const isId = before[0] === '"id"' || before[0] === "'id'"
    if (depth === 1 && isId && before[1] === ':') return idOf(token)
    if (token === '{' || token === '[') depth++
    if (token === '}' || token === ']') depth--
    before = [before[1] ?? '', token]
  }
  return undefined
}

function idOf(token: string): unknown {
  try {
    const id: unknown = JSON.parse(token)
    return typeof id === 'string' || typeof id === 'number' ? id : undefined
  } catch {
    return undefined
  }
}
