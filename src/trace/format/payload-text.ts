import { memberOf, textOf } from './json-access.ts'

/** What a tool was given, as text: the JSON text of arguments, or plain input; null where there is nothing. */
export function invocationText(invocation: unknown): string | null {
  const payload = memberOf(invocation, 'payload')
  return textOf(memberOf(payload, 'arguments')) ?? textOf(memberOf(payload, 'input')) ?? jsonText(payload)
}

/** What a response of a cell brought; its error is not among the items. */
export type CellResponse = { readonly items: readonly unknown[]; readonly errorText: string | null }

/** Reads `{response: {Yielded|Terminated|Result: {content_items, error_text}}}`; null for anything else. */
export function cellResponse(payload: unknown): CellResponse | null {
  const response = memberOf(payload, 'response')
  const body = memberOf(response, 'Result') ?? memberOf(response, 'Yielded') ?? memberOf(response, 'Terminated')
  if (body === undefined) return null
  const errorText = textOf(memberOf(body, 'error_text'))
  const content = memberOf(body, 'content_items')
  const items: readonly unknown[] = Array.isArray(content) ? content : []
  // What went wrong is told the model as a last piece of output.
  const hasError = errorText !== null && textOf(memberOf(items.at(-1), 'text')) === `Script error:\n${errorText}`
  return { items: hasError ? items.slice(0, -1) : items, errorText }
}

/** JSON text, null for nothing. */
export function jsonText(value: unknown): string | null {
  return value === undefined || value === null ? null : JSON.stringify(value)
}
