import { isRecord } from './json.ts'

/** The cell that the arguments of `wait` name, as an object or as the text that the model wrote; null when they name none. */
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
