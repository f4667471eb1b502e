/** A call by its cell and its number within the cell. */
export type CallNumber = { readonly cellId: string; readonly number: number }

/** The whole input of a call and its result, as far as they are stored; both are JSON, or the text of an error. */
export type CallContent = {
  /** Empty for no input; null when it is not stored. */
  readonly input: string | null
  readonly result: { readonly type: 'json' | 'error'; readonly text: string } | null
}

/** Returns the result in a stored response. */
export function contentResult(type: string, text: string): NonNullable<CallContent['result']> {
  return { type: type === 'tool_error' ? 'error' : 'json', text }
}
