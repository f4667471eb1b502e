/** The key of a call without the token of the opening that made it. */
export function plainKey(key: string): string {
  return key.replace(/~\w+$/, '')
}
