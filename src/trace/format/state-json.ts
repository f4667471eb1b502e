import { isRecord } from '../../protocol/json.ts'
import type { TraceState } from './trace-state.ts'

/**
 * Returns the lines of the JSON of a state, indented by two spaces, in pieces of one or more whole lines. A state can be too large
 * for one string.
 */
export function* stateJson(state: TraceState): Generator<string> {
  const members = Object.entries(state).filter(([, value]) => value !== undefined)
  yield '{'
  for (const [index, [name, value]] of members.entries()) {
    const comma = index === members.length - 1 ? '' : ','
    const key = `  ${JSON.stringify(name)}: `
    if (isRecord(value) && Object.keys(value).length > 0) {
      yield `${key}{`
      yield* objectLines(value)
      yield `  }${comma}`
    } else yield `${key}${JSON.stringify(value)}${comma}`
  }
  yield '}'
}

/** The number of characters in one piece. */
const pieceLength = 2 ** 16

function* objectLines(objects: Record<string, unknown>): Generator<string> {
  let piece = ''
  for (const [id, object] of Object.entries(objects)) {
    if (piece.length > pieceLength) {
      yield `${piece},`
      piece = ''
    }
    const json = JSON.stringify(object, null, 2).replaceAll('\n', '\n    ')
    piece += `${piece === '' ? '' : ',\n'}    ${JSON.stringify(id)}: ${json}`
  }
  yield piece
}
