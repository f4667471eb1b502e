import { inputRequired } from '@modelcontextprotocol/server'

/** The reason for the denial of a call that no form can show. */
export const tooLongToShow = 'its input is too long to show to the user'

/** Returns the form for one call. `{ allow: true }` is approval. */
export function approvalQuestion(message: string): ReturnType<typeof inputRequired.elicit> {
  const allow = { type: 'boolean', title: 'Allow this call', default: false } as const
  return inputRequired.elicit({
    message,
    requestedSchema: { type: 'object', properties: { allow }, required: ['allow'] },
  })
}
