import { isRecord } from '../../protocol/json.ts'

/** The arguments of a recorded call of a function, undefined when they are no JSON. */
export function functionArguments(invocation: unknown): unknown {
  const text = memberOf(memberOf(invocation, 'payload'), 'arguments')
  if (typeof text !== 'string') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A member of a recorded value, undefined when the value is no object that has it. */
export function memberOf(value: unknown, name: string): unknown {
  return isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

/** A recorded text, null for anything else. */
export function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

/** A recorded whole number, null for anything else. */
export function countOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : null
}
