import { isRecord } from '../../src/protocol/json.ts'

/** A program in the dialect of the bench as the body of a function that returns its output. */
export function returningProgram(program: string): string {
  return `const items = []; const text = (value) => { items.push(String(value)) };\n${program}\nreturn items`
}

/** The output that such a function returned. Throws when it is not there, with what `result` says instead. */
export function returnedTexts(value: unknown, result: unknown): readonly string[] {
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value
  throw new Error(failureOf(result))
}

function failureOf(result: unknown): string {
  const logs: unknown = isRecord(result) ? result['logs'] : null
  return Array.isArray(logs) ? logs.join(' / ') : `No output: ${JSON.stringify(result)}`
}
