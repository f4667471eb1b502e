import { alternativesOf, type Alternative, type Requirement } from './requirements.ts'
import { expectedKeys } from './parse-credential.ts'
import { quoted, type SecurityScheme } from './schemes.ts'

/** The handling of a scheme: with a credential, by the embedder's headers or query, or not at all. */
export type SchemeState = 'configured' | 'given' | 'missing'

/** The schemes of an operation that its requests have, or those that are not configured. */
export type ChosenSecurity =
  | { readonly type: 'ready'; readonly requirements: readonly Requirement[] }
  | { readonly type: 'missing'; readonly alternatives: readonly Alternative[] }

/**
 * Chooses the first alternative whose schemes all have credentials. An alternative without schemes is the last one: a request has
 * credentials where they are configured.
 */
export function chooseAlternative(security: unknown, stateOf: (scheme: string) => SchemeState): ChosenSecurity {
  const alternatives = alternativesOf(security)
  const needed = alternatives.filter((alternative) => alternative.length > 0)
  const usable = needed.find((alternative) => alternative.every(({ scheme }) => stateOf(scheme) !== 'missing'))
  if (usable !== undefined) {
    return { type: 'ready', requirements: usable.filter(({ scheme }) => stateOf(scheme) === 'configured') }
  }
  const isOptional = needed.length < alternatives.length
  if (needed.length === 0 || isOptional) return { type: 'ready', requirements: [] }
  return { type: 'missing', alternatives: needed }
}

/** Maximum number of alternatives in a message. */
const maxNamed = 5

/** Returns the schemes that are not configured, for messages: `security schemes "a" and "b", or "c"`. */
export function missingText(alternatives: readonly Alternative[]): string {
  const named = alternatives
    .slice(0, maxNamed)
    .map((alternative) => alternative.map(({ scheme }) => quoted(scheme)).join(' and '))
  return `security scheme ${[...new Set(named)].join(', or ')}`
}

/** Returns the setting for the first alternative that can be configured: `"auth": { "a": { "key": … } }`. */
export function settingText(
  alternatives: readonly Alternative[],
  schemes: ReadonlyMap<string, SecurityScheme>,
): string {
  const known = alternatives
    .map((alternative) => alternative.flatMap(({ scheme }) => schemes.get(scheme) ?? []))
    .find((all, index) => all.length === alternatives[index]?.length && all.every(({ type }) => type !== 'unsupported'))
  if (known === undefined) return '"headers" or "query", because no scheme is supported'
  return `"auth": { ${known.map((scheme) => `${quoted(scheme.name)}: ${expectedKeys(scheme)}`).join(', ')} }`
}
