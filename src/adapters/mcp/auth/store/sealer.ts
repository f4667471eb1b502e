import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { messageOf } from '../../../../errors.ts'
import { keychainSecret } from './keychain.ts'

/** The part of the file that has the logins: as they are, or encrypted. */
export interface Sealer {
  seal(logins: object): { readonly logins: object } | { readonly sealed: string }
  open(sealed: string): string
}

const algorithm = 'aes-256-gcm'
const ivBytes = 12
const tagBytes = 16

/** Returns the sealer that `CODECELL_KEYCHAIN` selects. An encrypted file can always be opened. */
export function sealerFor(env: Readonly<Record<string, string | undefined>>): Sealer {
  let cached: Buffer | null = null
  const keyOf = (create: (() => string) | null): Buffer => {
    cached ??= Buffer.from(keychainSecret(create), 'base64')
    return cached
  }
  const isSealing = env['CODECELL_KEYCHAIN'] === '1'
  return {
    seal: (logins) => (isSealing ? { sealed: sealed(JSON.stringify(logins), keyOf(newKey)) } : { logins }),
    open: (text) => opened(text, keyOf(null)),
  }
}

function newKey(): string {
  return randomBytes(32).toString('base64')
}

function sealed(text: string, key: Buffer): string {
  const iv = randomBytes(ivBytes)
  const cipher = createCipheriv(algorithm, key, iv)
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64')
}

function opened(text: string, key: Buffer): string {
  const bytes = Buffer.from(text, 'base64')
  try {
    const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, ivBytes))
    decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes))
    return Buffer.concat([decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()]).toString('utf8')
  } catch (cause) {
    throw new Error(`the key in the keychain does not open it: ${messageOf(cause)}`, { cause })
  }
}
