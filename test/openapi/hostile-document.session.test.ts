import { describe, expect, test } from 'vitest'
import { createSession } from '../../src/index.ts'
import { openApiTools } from '../../src/openapi.ts'
import { startEchoServer } from '../fixtures/echo-http-server.ts'
import { callContext } from '../fixtures/call-context.ts'
import { sharedHosts } from '../support/hosts.ts'

const info = { title: 'Shop', version: '1' }

describe('an operation with a server of another origin', () => {
  const pathsWith = (url: string): object => ({
    '/here': { get: { operationId: 'here' } },
    '/upload': { servers: [{ url }], post: { operationId: 'upload' } },
    '/v2': { servers: [{ url: '/v2' }], get: { operationId: 'relative' } },
  })

  test('is left out, because the credentials are for the origin of the document', async () => {
    await using elsewhere = await startEchoServer(() => ({}))
    await using home = await startEchoServer(() => ({}))
    const document = { openapi: '3.1.0', info, servers: [{ url: home.url }], paths: pathsWith(elsewhere.url) }
    const tools = openApiTools(document, { headers: { authorization: 'secret' } })
    await using session = await createSession({ hosts: sharedHosts('in-process'), tools })
    const outcome = await session.execute('for (const name in tools) await tools[name]({})')
    expect(outcome.type).toBe('completed')
    expect(tools.map(({ name }) => name)).not.toContain('upload')
    expect(home.seen.map(({ url }) => url)).toContain('/here')
    expect(elsewhere.seen).toEqual([])
  })

  test('is called below the base URL when there is one', async () => {
    await using home = await startEchoServer(() => ({}))
    const document = { openapi: '3.1.0', info, paths: pathsWith('https://uploads.example.com') }
    const [, upload] = openApiTools(document, { baseUrl: `${home.url}/api`, headers: { authorization: 'secret' } })
    await upload?.call({}, callContext())
    expect(home.seen.map(({ url }) => url)).toEqual(['/api/upload'])
  })
})

describe('the headers and the query of the embedder', () => {
  test('are not parameters of tools, also when the document requires them', () => {
    const parameters = [
      { name: 'X-Key', in: 'header', required: true, schema: { type: 'string' } },
      { name: 'key', in: 'query', required: true, schema: { type: 'string' } },
      { name: 'q', in: 'query', schema: { type: 'string' } },
    ]
    const document = { openapi: '3.1.0', info, paths: { '/p': { get: { parameters } } } }
    const [tool] = openApiTools(document, {
      baseUrl: 'http://127.0.0.1:9',
      headers: { 'x-key': 'secret' },
      query: { key: 'secret' },
    })
    expect(tool?.inputSchema).toMatchObject({ properties: { q: { type: 'string' } } })
    expect(JSON.stringify(tool?.inputSchema)).not.toMatch(/key/i)
  })
})

describe('the schemas of a dereferenced document', () => {
  test('end where the document contains itself', () => {
    const pet: Record<string, unknown> = { type: 'object' }
    pet['properties'] = { name: { type: 'string' }, mother: pet, father: pet, friends: { type: 'array', items: pet } }
    const content = { 'application/json': { schema: pet } }
    const operation = { requestBody: { content }, responses: { 200: { description: '', content } } }
    const [tool] = openApiTools(
      { openapi: '3.1.0', info, paths: { '/p': { post: operation } } },
      { baseUrl: 'http://127.0.0.1:9' },
    )
    const any = {
      type: 'object',
      properties: { name: { type: 'string' }, mother: {}, father: {}, friends: { type: 'array', items: {} } },
    }
    expect(tool?.inputSchema).toMatchObject({ properties: { body: any } })
    expect(tool?.outputSchema).toMatchObject(any)
    expect(JSON.stringify([tool?.inputSchema, tool?.outputSchema]).length).toBeLessThan(2000)
  })

  test('stay below a size when the document uses one object in many places', () => {
    let schema: Record<string, unknown> = { type: 'string' }
    for (let level = 0; level < 60; level++) schema = { type: 'object', properties: { a: schema, b: schema } }
    const operation = { responses: { 200: { description: '', content: { 'application/json': { schema } } } } }
    const [tool] = openApiTools(
      { openapi: '3.1.0', info, paths: { '/p': { get: operation } } },
      { baseUrl: 'http://127.0.0.1:9' },
    )
    expect(JSON.stringify(tool?.outputSchema).length).toBeLessThan(5_000_000)
  })
})

test('a form that contains itself in every way is read and sent in bounded time', async () => {
  await using server = await startEchoServer(() => ({}))
  const self = { $ref: '#/components/schemas/Form' }
  const many = Array.from({ length: 50 }, () => self)
  const Form = {
    type: 'object',
    anyOf: many,
    oneOf: many,
    allOf: many,
    properties: { a: self, b: { anyOf: many }, c: { $ref: '#/components/schemas/C0' } },
  }
  const chain = Object.fromEntries(
    Array.from({ length: 40 }, (_, level) => {
      const next = level === 39 ? { format: 'binary' } : { $ref: `#/components/schemas/C${level + 1}` }
      return [`C${level}`, { anyOf: [next, next, next] }]
    }),
  )
  const content = { 'multipart/form-data': { schema: self }, 'application/x-www-form-urlencoded': { schema: self } }
  const document = {
    openapi: '3.1.0',
    info,
    paths: { '/p': { post: { requestBody: { content } } } },
    components: { schemas: { Form, ...chain } },
  }
  const [tool] = openApiTools(document, { baseUrl: server.url })
  expect(JSON.stringify(tool?.inputSchema).length).toBeLessThan(100_000)
  await tool?.call({ body: { a: { b: 1 }, c: 'UE5HIQ==' }, body_content_type: 'multipart/form-data' }, callContext())
  expect(server.seen[0]?.body).toMatch(/\{"b":1\}[^]*PNG!/)
})
