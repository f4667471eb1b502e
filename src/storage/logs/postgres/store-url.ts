import type { CodecellError } from '../../../errors.ts'
import { invalidStoreOption } from '../log-errors.ts'

/** The address of a store, with everything that errors may show. */
export type StoreAddress = {
  /** For the driver; it may contain a password. */
  readonly connectionString: string
  readonly schema: string
  /** Host, port, database and schema. */
  readonly where: string
}

const form = 'postgres://user:password@host:port/database?schema=codecell'
const parameters = new Set([
  'application_name',
  'host',
  'options',
  'port',
  'schema',
  'sslcert',
  'sslkey',
  'sslmode',
  'sslrootcert',
  'uselibpqcompat',
  'user',
])

/**
 * Parses the URL of a PostgreSQL store. Errors never contain parts of it that may belong to a password.
 *
 * @throws {CodecellError} `INVALID_OPTION`
 */
export function parseStoreUrl(url: string, schemaOption: string | null): StoreAddress {
  const parsed = URL.parse(url)
  if (parsed === null || !['postgres:', 'postgresql:'].includes(parsed.protocol)) throw invalidUrl()
  const database = decoded(parsed.pathname.slice(1))
  // A special character that is not encoded ends the part of a URL that a password belongs to.
  if (parsed.hash !== '' || /[/@]/.test(parsed.pathname.slice(1)) || database === null) throw invalidUrl()
  const unknown = [...parsed.searchParams.keys()].find((name) => !parameters.has(name))
  if (unknown !== undefined) throw invalidUrl(/^[a-z_]{1,40}$/.test(unknown) ? unknown : null)
  const schema = schemaOption ?? parsed.searchParams.get('schema') ?? 'codecell'
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema) || schema.startsWith('pg_')) {
    const expected = 'expected 1 to 63 lower case letters, digits and "_", not beginning with a digit or "pg_"'
    throw invalidStoreOption('schema', `Cannot use the schema ${JSON.stringify(schema)}: ${expected}`)
  }
  parsed.searchParams.delete('schema')
  const host = parsed.searchParams.get('host') ?? (parsed.hostname === '' ? 'the default host' : parsed.host)
  const databaseText = database === '' ? 'default database' : `database "${database}"`
  return { connectionString: parsed.href, schema, where: `at ${host}, ${databaseText}, schema "${schema}"` }
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}

function invalidUrl(parameter: string | null = null): CodecellError {
  const known = [...parameters].sort().join(', ')
  const text =
    parameter === null
      ? `Cannot parse the URL of the store: expected ${form}; encode special characters of the password, such as "#" as "%23"`
      : `Cannot parse the URL of the store: unknown parameter "${parameter}"; must be one of ${known}`
  return invalidStoreOption('url', text)
}
