import { inspect } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseStoreUrl } from './store-url.ts'

test('parseStoreUrl() returns the schema, and shows host and database without the password', () => {
  const address = parseStoreUrl('postgres://me:s%23cret@db.example:5433/app?schema=a1&sslmode=verify-full', null)
  expect(address.schema).toBe('a1')
  expect(address.where).toBe('at db.example:5433, database "app", schema "a1"')
  expect(address.connectionString).toBe('postgres://me:s%23cret@db.example:5433/app?sslmode=verify-full')
  expect(parseStoreUrl('postgresql://h/d', null).schema).toBe('codecell')
  expect(parseStoreUrl('postgres://h/d?schema=a', 'b').schema).toBe('b')
  expect(parseStoreUrl('postgres:///d?host=/var/run/postgresql', null).where).toContain('/var/run/postgresql')
})

test.for([
  '',
  'x',
  'http://h/d',
  'mysql://me:secret@h/d',
  'postgres://me:secret@h:port/d',
  'postgres://h/a/b',
  'postgres://me:se#cret@h/d',
  'postgres://me:12#cret@h/d',
  'postgres://me:12/secret@h/d',
  'postgres://me:12?secret@h/d',
  'postgres://h/%E0%A4%A',
])('parseStoreUrl() refuses %j', (url) => {
  expect(() => parseStoreUrl(url, null)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
})

test.for(['Sessions', 'a-b', '1a', 'pg_x', 'a"b', 'x'.repeat(64), 'ü'])(
  'parseStoreUrl() refuses the schema %j',
  (schema) => {
    expect(() => parseStoreUrl('postgres://h/d', schema)).toThrow(/Cannot use the schema/)
  },
)

test('parseStoreUrl() names an unknown parameter', () => {
  expect(() => parseStoreUrl('postgres://h/d?ssl_mode=require', null)).toThrow(/unknown parameter "ssl_mode".*sslmode/)
})

test('neither an error nor an address shows any part of a password, encoded or not', () => {
  const characters = 'abc129!@#$%^&*()/?:;=+[]{}|<>"\'\\ ~-_.,'.split('')
  const character = fc.constantFrom(...characters)
  const password = fc.string({ unit: character, minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(password, fc.boolean(), (random, isEncoded) => {
      const secret = `sEcret${random}sEcret`
      const url = `postgres://me:${isEncoded ? encodeURIComponent(secret) : secret}@db.example/app`
      expect(shownFor(url)).not.toContain('sEcret')
    }),
    { numRuns: 1000 },
  )
})

function shownFor(url: string): string {
  try {
    return parseStoreUrl(url, null).where
  } catch (error) {
    return inspect(error, { depth: 10, showHidden: true })
  }
}
