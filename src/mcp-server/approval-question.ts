import { inputRequired } from '@modelcontextprotocol/server'

/** Why a call is denied that no question can show. */
export const tooLongToShow = 'its input is too long to be shown to a person'

/** Asks a person about one call. A clear yes is `{ allow: true }`. */
export function approvalQuestion(message: string): ReturnType<typeof inputRequired.elicit> {
  const allow = { type: 'boolean', title: 'Allow this call', default: false } as const
  return inputRequired.elicit({
    message,
    requestedSchema: { type: 'object', properties: { allow }, required: ['allow'] },
  })
}
