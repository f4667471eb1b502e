/**
 * A name as a JavaScript identifier: every character that cannot stand there becomes `_` (contract G1). One `_` for each
 * Unicode scalar; the empty name becomes `_`.
 */
export declare function normalizeName(name: string): string;
/** Namespace and name in one: with `__` between them, or nothing where one of them already has a `_` (contract G5). */
export declare function joinName(namespace: string | null, name: string): string;
//# sourceMappingURL=names.d.ts.map