import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto'
import { CodecellError } from '../../../errors.ts'

/** Minimum length of a key, in characters. */
const minKeyLength = 32

type Owner = { readonly tenant: string; readonly caller: string }

/**
 * The signed ids of sessions of the older protocol. Every node with the same key accepts them, without asking the store. A signature
 * covers the tenant and the caller, so the id of another caller looks like an unknown one.
 */
export class SessionIdKey {
  readonly #keys: readonly string[]

  /**
   * The first key signs, and all of them are accepted, so that a key can be replaced.
   *
   * @throws {CodecellError} `INVALID_OPTION` for no key or a short one
   */
  constructor(keys: readonly string[]) {
    const isGood = Array.isArray(keys) && keys.length > 0 && keys.every((key) => isKey(key))
    if (!isGood) {
      const expected = `keys of at least ${minKeyLength} characters`
      throw new CodecellError('INVALID_OPTION', `Cannot use option "keys" of a fleet: expected ${expected}`, {
        details: { option: 'keys', expected },
      })
    }
    this.#keys = keys
  }

  newName(): string {
    return `${sessionPrefix}${randomUUID()}`
  }

  sign(name: string, owner: Owner): string {
    return `${name}.${signature(this.#keys[0] ?? '', name, owner)}`
  }

  /** Returns the name in a signed id; null for an id that was not signed for this caller. */
  verify(id: string, owner: Owner): string | null {
    const [, name = '', given = ''] = /^(mcp-[\da-f-]{36})\.([\w-]{43})$/.exec(id) ?? []
    if (name === '') return null
    const matches = this.#keys.map((key) =>
      timingSafeEqual(Buffer.from(signature(key, name, owner)), Buffer.from(given)),
    )
    return matches.includes(true) ? name : null
  }
}

/** Returns whether a stored session is one of a client of the older protocol. */
export function isSessionOfId(sessionId: string): boolean {
  return sessionId.startsWith(sessionPrefix)
}

const sessionPrefix = 'mcp-'

function isKey(key: unknown): boolean {
  return typeof key === 'string' && key.length >= minKeyLength
}

function signature(key: string, name: string, { tenant, caller }: Owner): string {
  return createHmac('sha256', key)
    .update(JSON.stringify(['codecell session', tenant, caller, name]))
    .digest('base64url')
}
