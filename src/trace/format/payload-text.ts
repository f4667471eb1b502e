import { memberOf, textOf } from './json-access.ts'

/** Returns the input of a tool: its arguments in JSON, or plain text. Null if it is missing. */
export function invocationText(invocation: unknown): string | null {
  const payload = memberOf(invocation, 'payload')
  return textOf(memberOf(payload, 'arguments')) ?? textOf(memberOf(payload, 'input')) ?? jsonText(payload)
}

/** The content of a cell's response; the error is not among the items. */
export type CellResponse = { readonly items: readonly unknown[]; readonly errorText: string | null }

/** Reads `{response: {Yielded|Terminated|Result: {content_items, error_text}}}`; null for anything else. */
export function cellResponse(payload: unknown): CellResponse | null {
  const response = memberOf(payload, 'response')
  const body = memberOf(response, 'Result') ?? memberOf(response, 'Yielded') ?? memberOf(response, 'Terminated')
  if (body === undefined) return null
  const errorText = textOf(memberOf(body, 'error_text'))
  const content = memberOf(body, 'content_items')
  const items: readonly unknown[] = Array.isArray(content) ? content : []
  // The model receives the error as the last output item.
  const hasError = errorText !== null && textOf(memberOf(items.at(-1), 'text')) === `Script error:\n${errorText}`
  return { items: hasError ? items.slice(0, -1) : items, errorText }
}

/** Serializes a value; null and undefined give null. */
export function jsonText(value: unknown): string | null {
  return value === undefined || value === null ? null : JSON.stringify(value)
}
