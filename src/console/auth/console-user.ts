import type { ConsoleScope } from '../api.ts'

/** An authenticated user. */
export type ConsoleUser = {
  readonly name: string
  /** Whether the user typed the name. */
  readonly isClaimed: boolean
  readonly scopes: ReadonlySet<ConsoleScope>
  /** The tenant whose sessions the user has; null: that of the store. */
  readonly tenant: string | null
  /** The time at which the right ends, in milliseconds since 1970. */
  readonly expiresAt: number
}

/** Maximum length of a name in the record of a decision, in characters. */
const maxNameChars = 200

/** Returns the name of a user for the record of a decision. A name that the user typed is marked. */
export function recordedName({ name, isClaimed }: Pick<ConsoleUser, 'name' | 'isClaimed'>): string {
  return `${name}${isClaimed ? ' (claimed)' : ''}`.slice(0, maxNameChars)
}

/** Returns a typed name without line ends and other control characters; empty when nothing is left. */
export function typedName(name: string): string {
  return name
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .slice(0, 100)
    .toWellFormed()
}
