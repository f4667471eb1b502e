import { isRecord, jsonDepth } from '../../protocol/json.ts'

/** A member of a JSON object in its source text. Positions count UTF-16 units; ends are exclusive. */
export type JsonMember = {
  readonly key: string
  readonly keyEnd: number
  readonly valueText: string
  readonly valueStart: number
  readonly valueEnd: number
}

const maxDepth = 127

/**
 * Returns the members of a JSON object in the order of the text, with repeated keys and unparsed numbers, which `JSON.parse` does not
 * preserve. Returns null for other JSON. Throws the parser's error for malformed JSON.
 */
export function jsonObjectMembers(json: string): readonly JsonMember[] | null {
  if (jsonDepth(json, maxDepth) > maxDepth) throw new RangeError('recursion limit exceeded')
  if (!isRecord(JSON.parse(json))) return null
  return [...scanMembers(json)]
}

/** Scans a valid JSON object by its structure. */
function* scanMembers(json: string): Generator<JsonMember> {
  let index = afterBlanks(json, json.indexOf('{') + 1)
  while (json[index] !== '}') {
    const keyStart = json[index] === ',' ? afterBlanks(json, index + 1) : index
    const keyEnd = endOfString(json, keyStart)
    const valueStart = afterBlanks(json, json.indexOf(':', keyEnd) + 1)
    const valueEnd = endOfValue(json, valueStart)
    const key = String(JSON.parse(json.slice(keyStart, keyEnd)))
    yield { key, keyEnd, valueText: json.slice(valueStart, valueEnd), valueStart, valueEnd }
    index = afterBlanks(json, valueEnd)
  }
}

function afterBlanks(json: string, start: number): number {
  let index = start
  while (' \t\n\r'.includes(json.charAt(index))) index++
  return index
}

function endOfString(json: string, start: number): number {
  let index = start + 1
  while (json[index] !== '"') index += json[index] === '\\' ? 2 : 1
  return index + 1
}

function endOfValue(json: string, start: number): number {
  switch (json[start]) {
    case '"':
      return endOfString(json, start)
    case '{':
    case '[':
      return endOfNesting(json, start)
    default: {
      let index = start
      while (!',} \t\n\r'.includes(json.charAt(index))) index++
      return index
    }
  }
}

function endOfNesting(json: string, start: number): number {
  let depth = 0
  let index = start
  do {
    const character = json[index]
    if (character === '{' || character === '[') depth++
    if (character === '}' || character === ']') depth--
    index = character === '"' ? endOfString(json, index) : index + 1
  } while (depth > 0)
  return index
}
