import { inputRequired } from '@modelcontextprotocol/server'
import { visibleText } from '../agent/visible-text.ts'

/** The longest text of arguments that a person is shown, in characters. */
const shownArguments = 1000

/** Asks a person about one call. A clear yes is `{ allow: true }`. */
export function approvalQuestion(message: string): ReturnType<typeof inputRequired.elicit> {
  const allow = { type: 'boolean', title: 'Allow this call', default: false } as const
  return inputRequired.elicit({
    message,
    requestedSchema: { type: 'object', properties: { allow }, required: ['allow'] },
  })
}

/** The input of a call as a person reads it. */
export function shownInput(input: unknown): string {
  const text = visibleText(JSON.stringify(input ?? {}) ?? '{}')
  return text.length > shownArguments ? `${text.slice(0, shownArguments)}… (${text.length} characters)` : text
}
