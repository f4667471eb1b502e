import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { documentWith } from '../fixtures/api-with-security.ts'
import { startEchoServer } from '../fixtures/echo-http-server.ts'
import { runCli } from '../support/cli.ts'
import { newFolder } from '../support/folder.ts'

const pets = fileURLToPath(new URL('../fixtures/pets-openapi.json', import.meta.url))

test('codecell tools --openapi lists the operations of each document', async () => {
  const { code, out, err } = await runCli(['tools', '--openapi', pets, '--openapi', `zoo=${pets}`])
  expect([code, err]).toEqual([0, ''])
  expect(out.split('\n')).toContain('pet_shop__listPets  List pets (GET /pets)')
  expect(out.split('\n')).toContain('zoo__listPets  List pets (GET /pets)')
})

test('codecell exec calls an operation of a configured document', async () => {
  await using server = await startEchoServer(({ headers }) => ({ body: JSON.stringify(headers.authorization) }))
  const openapi = { shop: { file: pets, baseUrl: server.url, headers: { Authorization: 'Bearer ${SHOP_TOKEN}' } } }
  const cwd = newFolder()
  writeFileSync(join(cwd, 'mcp.json'), JSON.stringify({ openapi }))
  const result = await runCli(['exec', '-', '--quiet'], {
    cwd,
    stdin: 'text(await tools.shop__listPets())',
    env: { SHOP_TOKEN: 't0ken' },
  })
  expect(result).toEqual({ code: 0, out: 'Bearer t0ken\n', err: '' })
})

test('codecell exec calls an operation with the credentials of the configuration, and never shows them', async () => {
  await using server = await startEchoServer(({ headers }) => ({ status: 400, body: String(headers['x-key']) }))
  const cwd = newFolder()
  const schemes = { key: { type: 'apiKey', in: 'header', name: 'X-Key' } }
  writeFileSync(join(cwd, 'shop.json'), JSON.stringify(documentWith(schemes, [{ key: [] }], { url: server.url })))
  const openapi = {
    shop: { file: 'shop.json', auth: { key: { key: '${SHOP_KEY}' } }, operations: { write: { readOnly: true } } },
  }
  writeFileSync(join(cwd, 'codecell.json'), JSON.stringify({ openapi }))
  const { out } = await runCli(['exec', '-', '--quiet', '--read-only'], {
    cwd,
    stdin: 'await tools.shop__write({}).catch((error) => text(error))',
    env: { SHOP_KEY: 's3cret-key' },
  })
  expect(server.seen.map(({ headers }) => headers['x-key'])).toEqual(['s3cret-key'])
  expect(out).toBe('POST /things returned 400 Bad Request: [redacted]\n')
})

test('codecell doctor reports documents and security schemes without credentials', async () => {
  const cwd = newFolder()
  const schemes = { key: { type: 'apiKey', in: 'header', name: 'X-Key' } }
  writeFileSync(join(cwd, 'shop.json'), JSON.stringify(documentWith(schemes, [{ key: [] }])))
  const openapi = { shop: { file: 'shop.json' }, bad: { file: 'shop.json', auth: { kye: { key: 'k' } } } }
  writeFileSync(join(cwd, 'codecell.json'), JSON.stringify({ openapi }))
  const { code, out } = await runCli(['doctor', '--json', '--config', 'codecell.json'], { cwd })
  const { findings }: { findings: readonly { check: string; state: string; text: string }[] } = JSON.parse(out)
  const ofDocuments = findings.filter(({ check }) => check === 'openapi_documents')
  expect(ofDocuments.map(({ state, text }) => [state, text])).toEqual([
    ['ok', 'OpenAPI document "shop" has 2 tools'],
    [
      'note',
      'OpenAPI document "shop": 2 of 2 operations need credentials for security scheme "key", which are not configured; set "auth": { "key": { "key": … } }',
    ],
    [
      'broken',
      expect.stringContaining('"auth": unknown security scheme "kye"; expected one of "key"; did you mean "key"?'),
    ],
  ])
  expect(code).toBe(1)
})

test('codecell reports operations that are skipped, and doctor does so too', async () => {
  const cwd = newFolder()
  const paths = { '/a/{id}': { get: { operationId: 'bad' } }, '/b': { get: { operationId: 'good' } } }
  const document = { openapi: '3.0.3', servers: [{ url: 'https://a.test' }], paths }
  writeFileSync(join(cwd, 'shop.json'), JSON.stringify(document))
  writeFileSync(join(cwd, 'codecell.json'), JSON.stringify({ openapi: { shop: { file: 'shop.json' } } }))
  const text = `OpenAPI document "shop": operation "bad" is skipped: at /paths/~1a~1{id}/get: the path has no parameter "id"`
  for (const flags of [
    ['--openapi', 'shop=shop.json'],
    ['--config', 'codecell.json'],
  ]) {
    const { out, err } = await runCli(['tools', ...flags], { cwd })
    expect(out).toContain('shop__good')
    expect(err).toContain(`${text}\n`)
  }
  const { out } = await runCli(['doctor', '--json', '--config', 'codecell.json'], { cwd })
  expect(JSON.parse(out).findings).toContainEqual({
    check: 'openapi_documents',
    state: 'note',
    text,
    advice: 'Correct the document if you need the operation',
  })
})

test.each([
  [['--openapi', 'none.json'], /^Cannot read OpenAPI document "none\.json": ENOENT/],
  [['--openapi', pets, '--openapi-url', 'ftp://x'], /^Cannot use base URL "ftp:\/\/x"/],
])('codecell tools %j names the option that is wrong', async (args, message) => {
  const { code, out, err } = await runCli(['tools', ...args], { cwd: newFolder() })
  expect([code, out]).toEqual([2, ''])
  expect(err).toMatch(message)
})
