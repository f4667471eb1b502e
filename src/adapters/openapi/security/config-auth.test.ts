import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { newFolder } from '../../../../test/support/folder.ts'
import { loadOpenApiConfig } from '../openapi-config.ts'

async function read(entry: object): Promise<unknown> {
  const file = join(newFolder(), 'codecell.json')
  await writeFile(file, JSON.stringify({ openapi: { shop: { file: 'shop.json', ...entry } } }))
  const [config] = await loadOpenApiConfig(file, { env: { KEY: 's3cret', SCOPE: 'read' } })
  return config?.options.auth
}

describe('loadOpenApiConfig()', () => {
  test('reads credentials with variables', async () => {
    const client = { clientId: 'a', clientSecret: '${KEY}', tokenUrl: 'https://a.example/token', scopes: ['${SCOPE}'] }
    const auth = {
      key: { key: '${KEY}' },
      bearer: { token: 'x-${KEY}' },
      basic: { username: 'ann', password: '${KEY}' },
      oauth: client,
    }
    expect(await read({ auth })).toEqual({
      key: { key: 's3cret' },
      bearer: { token: 'x-s3cret' },
      basic: { username: 'ann', password: 's3cret' },
      oauth: { ...client, clientSecret: 's3cret', scopes: ['read'] },
    })
  })

  test('reads the files of certificates relative to the folder', async () => {
    const auth = { tls: { certFile: 'a.pem', keyFile: '/keys/a.key' } }
    expect(await read({ auth })).toEqual({
      tls: { certFile: expect.stringMatching(/.[/\\]a\.pem$/), keyFile: '/keys/a.key' },
    })
  })

  test.each([
    [{ key: { key: '${NOT_SET}' } }, 'has variables without a value in "auth.key.key": NOT_SET; set them'],
    [{ key: { kye: 's3cret' } }, 'cannot use "auth.key": unknown key "kye"; did you mean "key"?'],
    [{ key: { key: 7 } }, '"key" must be a string'],
    [{ key: 's3cret' }, 'requires an object "auth.key"'],
    [{ key: {} }, 'expected { "key": … } or { "token": … }'],
    [{ oauth: { clientId: 'a' } }, '"clientSecret" is missing'],
    [{ oauth: { clientId: 'a', clientSecret: 's3cret', tokenUrl: 'token' } }, '"tokenUrl" must be a URL with https://'],
    [{ oauth: { clientId: 'a', clientSecret: 's3cret', tokenUrl: 'https://a:s3cret@b' } }, 'without a password'],
    [{ oauth: { clientId: 'a', clientSecret: 's3cret', scopes: 'read' } }, '"scopes" must be a list'],
    [{ oauth: { clientId: 'a', clientSecret: 's3cret', clientAuth: 'jwt' } }, '"clientAuth" must be "basic" or "post"'],
    [['key'], 'requires an object with security schemes as "auth"'],
  ])('refuses the credentials %j', async (auth, reason) => {
    await expect(read({ auth })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(reason),
    })
    await expect(read({ auth })).rejects.toMatchObject({ message: expect.not.stringContaining('s3cret') })
  })

  test('reads settings of operations', async () => {
    const operations = { search: { readOnly: true, approve: 'deny' } }
    const file = join(newFolder(), 'codecell.json')
    await writeFile(file, JSON.stringify({ openapi: { shop: { file: 'shop.json', operations } } }))
    const [config] = await loadOpenApiConfig(file)
    expect(config?.options.operations).toEqual(operations)
  })
})
