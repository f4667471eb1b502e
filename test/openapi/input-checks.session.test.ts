import { expect, test } from 'vitest'
import { createSession } from '../../src/index.ts'
import { openApiTools } from '../../src/openapi.ts'
import { startEchoServer } from '../fixtures/echo-http-server.ts'
import { sharedHosts } from '../support/hosts.ts'
import { textsOf } from '../support/texts.ts'

/** An operation whose input has the parts that checks used to get wrong: formats, defaults, and keywords of OpenAPI. */
const documentOf = (openapi: string): object => ({
  openapi,
  paths: {
    '/{version}/notes/{id}': {
      post: {
        operationId: 'addNote',
        parameters: [
          { name: 'version', in: 'path', required: true, schema: { $ref: '#/components/schemas/Version' } },
          { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
          { name: 'lang', in: 'query', required: true, schema: { type: 'string', default: 'en' } },
        ],
        requestBody: {
          required: true,
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Note' } } },
        },
        responses: {},
      },
    },
  },
  components: {
    schemas: {
      Version: { type: 'string', default: 'v1' },
      Size: { allOf: [{ type: 'number', default: 1 }] },
      Note: {
        type: 'object',
        properties: {
          owner: {
            oneOf: [
              { type: 'string', format: 'uuid' },
              { type: 'string', format: 'email' },
            ],
          },
          login: { not: { pattern: '(?i)^admin$' } },
          size: { $ref: '#/components/schemas/Size' },
          text: { type: 'string', nullable: true },
          created: { type: 'string', readOnly: true },
          rank: { type: 'number', minimum: 0, exclusiveMinimum: openapi.startsWith('3.0') ? true : 0 },
        },
        required: ['size', 'text', 'created'],
      },
    },
  },
})

test.each(['3.0.3', '3.1.0'])(
  'an operation of OpenAPI %s takes every input that its schema may allow',
  async (version) => {
    await using server = await startEchoServer(({ url, body }) => ({ body: JSON.stringify([url, body]) }))
    const tools = openApiTools(documentOf(version), { name: 'api', baseUrl: server.url })
    await using session = await createSession({ hosts: sharedHosts('in-process'), tools })
    const outcome = await session.execute(`
    const call = async (body, more = {}) => text(await tools.api__addNote({ id: '7', body, ...more }).catch(String))
    await call({ text: null, owner: 'a@b.c', login: 'guest' })
    await call({ text: 'x', size: 2 }, { version: 'v2', lang: 'de' })
    await call({ text: 'x', rank: 0 })
    await call({ size: 'large', text: 'x', owner: 1 })
    text(ALL_TOOLS[0].description)`)
    const [first, second, third, fourth, description] = textsOf(outcome)
    expect([first, second]).toEqual([
      JSON.stringify(['/v1/notes/7', '{"text":null,"owner":"a@b.c","login":"guest"}']),
      JSON.stringify(['/v2/notes/7?lang=de', '{"text":"x","size":2}']),
    ])
    const refusal = 'tool `api__addNote` was not called because its input does not fit its schema:'
    expect(third).toBe(`${refusal}\n- body.rank: expected a number > 0, got 0`)
    expect(fourth).toBe(
      `${refusal}\n- body.owner: expected string, got 1\n- body.size: expected number, got the string "large"`,
    )
    expect(description).toContain('version?: string;')
    expect(description).toContain('lang?: string;')
    expect(description).toContain('size?: number;')
  },
)
