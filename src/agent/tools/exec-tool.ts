/** `exec` as a custom tool of the Responses API: its input is raw text with a grammar. */
export type ExecToolSpec = {
  readonly type: 'custom'
  readonly name: 'exec'
  readonly description: string
  readonly format: { readonly type: 'grammar'; readonly syntax: 'lark'; readonly definition: string }
}

const grammar = String.raw`
start: pragma_source | plain_source
pragma_source: PRAGMA_LINE NEWLINE SOURCE
plain_source: SOURCE
PRAGMA_LINE: /[ \t]*\/\/ @exec:[^\r\n]*/
NEWLINE: /\r?\n/
SOURCE: /[\s\S]+/
`

/** Returns the declaration of `exec` for a model. */
export function execToolSpec(description: string): ExecToolSpec {
  return {
    type: 'custom',
    name: 'exec',
    description,
    format: { type: 'grammar', syntax: 'lark', definition: grammar },
  }
}
