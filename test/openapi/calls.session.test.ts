import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { createSession, type Tool } from '../../src/index.ts'
import { openApiTools, type OpenApiOptions } from '../../src/openapi.ts'
import { startEchoServer, type Answer, type SeenRequest } from '../fixtures/echo-http-server.ts'
import { callContext } from '../fixtures/call-context.ts'
import { sharedHosts } from '../support/hosts.ts'
import { textsOf } from '../support/texts.ts'

const pets: unknown = JSON.parse(readFileSync(new URL('../fixtures/pets-openapi.json', import.meta.url), 'utf8'))

test('a cell adds and lists things through an HTTP server', async () => {
  const shelf = [{ id: '1', name: 'Rex' }]
  await using server = await startEchoServer(({ method, body }) => {
    if (method === 'POST') shelf.push({ id: '2', ...JSON.parse(body) })
    return { body: JSON.stringify(method === 'POST' ? shelf.at(-1) : shelf) }
  })
  const { items, seen } = await runCell(
    server,
    `const added = await tools.shop__addPet({ body: { name: 'Ada' } })
     text(added)
     text(await tools.shop__listPets({ tags: ['a b', 'c&d'], filter: { age: 3 }, 'X-Trace': 't' }))`,
  )
  expect(items).toEqual(['{"id":"2","name":"Ada"}', '[{"id":"1","name":"Rex"},{"id":"2","name":"Ada"}]'])
  expect(seen.map(({ method, url, headers }) => [method, url, headers['x-trace']])).toEqual([
    ['POST', '/api/pets', undefined],
    ['GET', '/api/pets?tags=a%20b&tags=c%26d&filter%5Bage%5D=3', 't'],
  ])
})

test('a cell cannot replace the headers and the query of the embedder', async () => {
  await using server = await startEchoServer(() => ({}))
  // Whether a call that tries is refused or its value passed over, only the embedder's arrives.
  const source = 'await tools.shop__listPets({ "X-Trace": "cell" }).catch(() => tools.shop__listPets({}))'
  await runCell(server, source, {
    headers: { 'X-Trace': 'owner', Authorization: 'Bearer s3cret' },
    query: { key: 'k' },
  })
  const [request] = server.seen
  expect([request?.url, request?.headers['x-trace'], request?.headers['authorization']]).toEqual([
    '/api/pets?key=k',
    'owner',
    'Bearer s3cret',
  ])
})

test.each([
  ['..', 'a part of the path "/pets/{id}" would be ".."'],
  ['.', 'a part of the path "/pets/{id}" would be "."'],
  ['', 'path parameter "id" is empty'],
  [null, 'path parameter "id" is missing'],
])('a call with the path parameter %j is refused before a request is sent', async (id, reason) => {
  await using server = await startEchoServer(() => ({}))
  expect(await call(server, 'getPet', { id })).toEqual(reason)
  expect(server.seen).toEqual([])
})

test.each([
  ['a/../../b', '/api/pets/a%2F..%2F..%2Fb'],
  ['%2e%2e', '/api/pets/%252e%252e'],
  ['x?y=1#z', '/api/pets/x%3Fy%3D1%23z'],
  ['ü', '/api/pets/%C3%BC'],
  [7, '/api/pets/7'],
])('the path parameter %j stays in its segment', async (id, url) => {
  await using server = await startEchoServer(() => ({}))
  await call(server, 'getPet', { id })
  expect(server.seen.map((request) => request.url)).toEqual([url])
})

const answers: [name: string, answer: Answer, result: unknown][] = [
  ['JSON', { body: '{"a":1}' }, { a: 1 }],
  ['empty', { status: 204, headers: {} }, null],
  ['a text', { headers: { 'content-type': 'text/plain' }, body: 'hello' }, 'hello'],
  [
    'bytes',
    { headers: { 'content-type': 'image/png' }, body: Buffer.from([1, 2, 3]) },
    { content_type: 'image/png', base64: 'AQID' },
  ],
  [
    'an error status',
    { status: 404, headers: {}, body: '{"message":"no such pet"}' },
    'GET /api/pets/1 returned 404 Not Found: {"message":"no such pet"}',
  ],
  ['not the JSON that it claims to be', { body: '{' }, '{'],
  [
    'a redirect to another origin',
    { status: 302, headers: { location: 'http://127.0.0.2:9/secret' }, body: '' },
    'GET /api/pets/1 failed: it redirects to another origin, http://127.0.0.2:9',
  ],
  [
    'a redirect to itself',
    { status: 307, headers: { location: '/api/pets/1' }, body: '' },
    'GET /api/pets/1 failed: it redirects more than 5 times',
  ],
  [
    'longer than the limit',
    { body: JSON.stringify('x'.repeat(2000)) },
    'GET /api/pets/1 failed: its response exceeds the limit of 1000 bytes',
  ],
]
test.each(answers)('a call returns or fails as documented when the response is %s', async (_, answer, result) => {
  await using server = await startEchoServer(() => answer)
  expect(await call(server, 'getPet', { id: '1' }, { maxResponseBytes: 1000 })).toEqual(result)
})

test('a redirect within the origin is followed with the credentials', async () => {
  await using server = await startEchoServer(({ url }) =>
    url === '/elsewhere' ? { body: '"found"' } : { status: 301, headers: { location: '/elsewhere' }, body: '' },
  )
  expect(await call(server, 'getPet', { id: '1' }, { headers: { authorization: 'Bearer t' } })).toBe('found')
  expect(server.seen.map(({ headers }) => headers.authorization)).toEqual(['Bearer t', 'Bearer t'])
})

test('a base64 file in a form is sent as bytes', async () => {
  await using server = await startEchoServer(() => ({ body: '"stored"' }))
  const body = { title: 'Rex', file: Buffer.from('PNG!').toString('base64') }
  expect(await call(server, 'put_pets_by_id_photo', { id: '1', body })).toBe('stored')
  const [request] = server.seen
  expect(request?.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/)
  expect(request?.body).toMatch(/name="title"\r\n\r\nRex\r\n[^]*name="file"; filename="file"[^]*\r\n\r\nPNG!\r\n/)
})

test('a call fails when no server listens', async () => {
  const [tool] = openApiTools(pets, { name: 'shop', include: ({ id }) => id === 'getPet' })
  expect(await settled(tool, { id: '1' })).toMatch(/^GET \/api\/pets\/1 failed: /)
})

type EchoServer = { readonly url: string; readonly seen: readonly SeenRequest[] }

/** The result of a call, or the text it failed with. */
async function call(server: EchoServer, name: string, input: unknown, options: OpenApiOptions = {}): Promise<unknown> {
  const all = openApiTools(pets, { name: 'shop', baseUrl: server.url, ...options })
  return await settled(
    all.find((tool) => tool.name === name),
    input,
  )
}

async function settled(tool: Tool | undefined, input: unknown): Promise<unknown> {
  const context = callContext()
  try {
    return await tool?.call(input, context)
  } catch (error) {
    return error instanceof Error ? error.message : error
  }
}

async function runCell(
  server: EchoServer,
  source: string,
  options: OpenApiOptions = {},
): Promise<{ items: readonly unknown[]; seen: readonly SeenRequest[] }> {
  const tools = openApiTools(pets, { name: 'shop', baseUrl: server.url, ...options })
  await using session = await createSession({ hosts: sharedHosts('in-process'), tools })
  const outcome = await session.execute(source)
  expect(outcome).toMatchObject({ type: 'completed' })
  return { items: textsOf(outcome), seen: server.seen }
}
