import { isRecord } from '../../src/protocol/json.ts'

/** Wraps a program of the benchmark as the body of a function that returns its output. */
export function returningProgram(program: string): string {
  return `const items = []; const text = (value) => { items.push(String(value)) };\n${program}\nreturn items`
}

/** Returns the output of such a function. Throws when it is missing, with the content of `result`. */
export function returnedTexts(value: unknown, result: unknown): readonly string[] {
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value
  throw new Error(failureOf(result))
}

function failureOf(result: unknown): string {
  const logs: unknown = isRecord(result) ? result['logs'] : null
  return Array.isArray(logs) ? logs.join(' / ') : `No output: ${JSON.stringify(result)}`
}
