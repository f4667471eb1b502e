import { isRecord } from '../../protocol/json.ts'

/** Returns the arguments of a recorded function call, or undefined if they are not JSON. */
export function functionArguments(invocation: unknown): unknown {
  const text = memberOf(memberOf(invocation, 'payload'), 'arguments')
  if (typeof text !== 'string') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Returns a member of a recorded value, or undefined if the value is not an object with it. */
export function memberOf(value: unknown, name: string): unknown {
  return isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

/** Returns a recorded string, or null for any other value. */
export function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

/** Returns a recorded integer, or null for any other value. */
export function countOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : null
}
