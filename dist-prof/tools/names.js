/**
 * A name as a JavaScript identifier: every character that cannot stand there becomes `_` (contract G1). One `_` for each
 * Unicode scalar; the empty name becomes `_`.
 */
export function normalizeName(name) {
    let identifier = '';
    for (const character of name) {
        const allowed = identifier === '' ? /[A-Za-z_$]/ : /[A-Za-z0-9_$]/;
        identifier += allowed.test(character) ? character : '_';
    }
    return identifier === '' ? '_' : identifier;
}
/** Namespace and name in one: with `__` between them, or nothing where one of them already has a `_` (contract G5). */
export function joinName(namespace, name) {
    if (namespace === null || namespace === '')
        return name;
    return namespace.endsWith('_') || name.startsWith('_') ? namespace + name : `${namespace}__${name}`;
}
//# sourceMappingURL=names.js.map