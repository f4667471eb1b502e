import { isRecord } from '../../src/protocol/json.ts'

/** Converts a benchmark program to the body of a function that returns its output. */
export function returningProgram(program: string): string {
  return `const items = []; const text = (value) => { items.push(String(value)) };\n${program}\nreturn items`
}

/** Returns the output of such a function. Throws the content of `result` if the output is missing. */
export function returnedTexts(value: unknown, result: unknown): readonly string[] {
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value
  throw new Error(failureOf(result))
}

function failureOf(result: unknown): string {
  const logs: unknown = isRecord(result) ? result['logs'] : null
  return Array.isArray(logs) ? logs.join(' / ') : `No output: ${JSON.stringify(result)}`
}
