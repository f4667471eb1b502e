import { isRecord } from '../../../protocol/json.ts'

/** A scheme that a request needs, with the scopes of its token. */
export type Requirement = { readonly scheme: string; readonly scopes: readonly string[] }

/** The schemes that a request needs together. Empty for a request without credentials. */
export type Alternative = readonly Requirement[]

/** Maximum number of alternatives, and of schemes in one. */
const maxAlternatives = 100

/**
 * Returns the alternatives of a `security` member, in order: one of them is enough. Without such a member, or with an empty list, a
 * request needs no credentials.
 */
export function alternativesOf(security: unknown): readonly Alternative[] {
  if (!Array.isArray(security)) return []
  return security
    .slice(0, maxAlternatives)
    .filter(isRecord)
    .map((schemes) =>
      Object.entries(schemes)
        .slice(0, maxAlternatives)
        .map(([scheme, scopes]) => ({ scheme, scopes: Array.isArray(scopes) ? scopes.filter(isScope) : [] })),
    )
}

/** Other characters would end a scope (RFC 6749, section 3.3). */
function isScope(scope: unknown): scope is string {
  return typeof scope === 'string' && /^[\x21\x23-\x5B\x5D-\x7E]+$/.test(scope)
}
