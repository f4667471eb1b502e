import { expect, test } from 'vitest'
import { tenantsOf } from './tenant.ts'

test.each([
  [undefined, []],
  ['', []],
  ['DNS:acme', []],
  ['URI:urn:codecell:tenant:acme', ['acme']],
  ['DNS:a.example, URI:urn:codecell:tenant:acme, IP Address:127.0.0.1', ['acme']],
  ['URI:urn:codecell:tenant:a, URI:urn:codecell:tenant:b', ['a', 'b']],
  ['URI:https://example.com/urn:codecell:tenant:acme', []],
  ['URI:"urn:codecell:tenant:acme"', []],
  ['DNS:"x, URI:urn:codecell:tenant:acme"', []],
  [String.raw`DNS:"x\", URI:urn:codecell:tenant:acme"`, []],
  ['othername:<unsupported>, URI:urn:codecell:tenant:acme', ['acme']],
  ['URI:urn:codecell:tenant:', null],
  ['URI:urn:codecell:tenant:a/b', null],
  [`URI:urn:codecell:tenant:${'a'.repeat(101)}`, null],
  ['URI:urn:codecell:tenant:acme,DNS:b', null],
  ['DNS:"open, URI:urn:codecell:tenant:acme', null],
  ['no colon', null],
])('the alternative names %j name the tenants %j', (subjectAltName, expected) => {
  expect(tenantsOf({ subjectAltName })).toEqual(expected)
})
