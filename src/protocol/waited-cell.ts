import { isRecord } from './json.ts'

/**
 * Returns the id of the cell in the arguments of `wait`, an object or the string that the model wrote; null without an
 * id.
 */
export function parseWaitedCellId(input: unknown): string | null {
  const value = typeof input === 'string' ? parsed(input) : input
  const id = isRecord(value) ? value['cell_id'] : undefined
  return typeof id === 'string' ? id : null
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
