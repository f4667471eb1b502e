/** The key of a call without the token of the opening that made it. */
export function plainKey(key: string): string {
  return key.replace(/~\w+$/, '')
}

/** The whole key of a call on the ledger of a session, or of one that is not on it, by its plain key. */
export function keyNamed(session: { ledger(): readonly { readonly key: string }[] }, plain: string): string {
  return session.ledger().find(({ key }) => plainKey(key) === plain)?.key ?? plain
}
