/**
 * Returns a name as a JavaScript identifier: every Unicode scalar that an identifier cannot contain becomes `_`, as
 * does the empty name (CM-K01).
 */
export function normalizeName(name: string): string {
  let identifier = ''
  for (const character of name) {
    const allowed = identifier === '' ? /[A-Za-z_$]/ : /[A-Za-z0-9_$]/
    identifier += allowed.test(character) ? character : '_'
  }
  return identifier === '' ? '_' : identifier
}

/** Joins namespace and name: with `__`, or with nothing where one of them has a `_` at the seam (CM-K07). */
export function joinName(namespace: string | null, name: string): string {
  if (namespace === null || namespace === '') return name
  return namespace.endsWith('_') || name.startsWith('_') ? namespace + name : `${namespace}__${name}`
}
