/** Returns the key of a call without the token of its session opening. */
export function plainKey(key: string): string {
  return key.replace(/~\w+$/, '')
}

/** Returns the full key of a call by its plain key, from the ledger of a session if the call is there. */
export function keyNamed(session: { ledger(): readonly { readonly key: string }[] }, plain: string): string {
  return session.ledger().find(({ key }) => plainKey(key) === plain)?.key ?? plain
}
