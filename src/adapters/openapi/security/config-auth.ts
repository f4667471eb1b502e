import { isAbsolute, join } from 'node:path'
import { isRecord } from '../../../protocol/json.ts'
import type { OpenApiAuth, OpenApiCredential } from './credentials.ts'
import { fileKeys, parseAnyCredential } from './parse-credential.ts'

export type AuthReader = {
  /** Returns a string with the values of its variables. */
  readonly text: (path: string, value: unknown) => string
  readonly folder: string
  readonly fail: (reason: string) => never
}

/**
 * Reads `auth` of an entry in a configuration file: `{ "<scheme>": { "key": "${KEY}" } }`. The document decides later which keys fit a
 * scheme. Names of files are relative to the folder.
 */
export function authInConfig(auth: unknown, reader: AuthReader): OpenApiAuth {
  if (!isRecord(auth)) return reader.fail('requires an object with security schemes as "auth"')
  return Object.fromEntries(
    Object.entries(auth).map(([scheme, credential]) => [scheme, read(scheme, credential, reader)]),
  )
}

function read(scheme: string, given: unknown, { text, folder, fail }: AuthReader): OpenApiCredential {
  const path = `auth.${scheme}`
  if (!isRecord(given)) return fail(`requires an object "${path}"`)
  const expanded = Object.entries(given).map(([key, value]): [string, unknown] => {
    if (Array.isArray(value)) return [key, value.map((one: unknown, index) => text(`${path}.${key}[${index}]`, one))]
    if (typeof value !== 'string') return [key, value]
    const expandedText = text(`${path}.${key}`, value)
    return [key, fileKeys.has(key) && !isAbsolute(expandedText) ? join(folder, expandedText) : expandedText]
  })
  return parseAnyCredential(Object.fromEntries(expanded), (reason) => fail(`cannot use "${path}": ${reason}`))
}
