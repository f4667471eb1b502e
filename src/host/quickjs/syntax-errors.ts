/** Returns the location in the stack of a syntax error; null if there is none. */
export function locationOfSyntaxError(stack: string): { readonly line: number; readonly column: number } | null {
  const [, line, column] = /exec_main\.mjs:(\d+):(\d+)/.exec(stack) ?? []
  return line === undefined ? null : { line: Number(line), column: Number(column) }
}
