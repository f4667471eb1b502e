import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadOpenApi, loadOpenApiConfig, openApiTools } from '../../src/openapi.ts'
import { createInputCheck } from '../../src/tools/validation/check-input.ts'
import { newFolder } from '../support/folder.ts'

const petsFile = new URL('../fixtures/pets-openapi.json', import.meta.url)
const pets: unknown = JSON.parse(readFileSync(petsFile, 'utf8'))

describe('the tools of a document', () => {
  const tools = openApiTools(pets, { name: 'shop' })
  const named = (name: string) => tools.find((tool) => tool.name === name)

  test('are its operations, with annotations and settings', () => {
    const seen = tools.map(({ name, deferred, annotations }) => [name, deferred, annotations?.readOnlyHint])
    expect(seen).toEqual([
      ['listPets', false, true],
      ['addPet', false, false],
      ['getPet', false, true],
      ['removePet', true, false],
      ['put_pets_by_id_photo', false, false],
    ])
    expect(named('listPets')?.description).toBe('List pets (GET /pets)')
    expect(named('listPets')?.namespaceDescription).toBe('Pets and their papers')
  })

  test('contain the components they use, and do not require properties that only the server sets', () => {
    const Pet = {
      type: 'object',
      required: ['name'],
      properties: {
        id: { type: 'string', readOnly: true },
        name: { type: 'string' },
        friends: { type: 'array', items: { $ref: '#/components/schemas/Pet' } },
      },
    }
    expect(named('addPet')?.inputSchema).toEqual({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      properties: { body: { $ref: '#/components/schemas/Pet' } },
      required: ['body'],
      additionalProperties: false,
      components: { schemas: { Pet } },
    })
    expect(named('listPets')?.outputSchema).toEqual({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'array',
      items: { $ref: '#/components/schemas/Pet' },
      components: { schemas: { Pet: { ...Pet, required: ['id', 'name'] } } },
    })
    expect(named('removePet')?.outputSchema).toMatchObject({ type: 'null' })
  })

  test('can be filtered', () => {
    const chosen = openApiTools(pets, { include: ({ method }) => method === 'GET' })
    expect(chosen.map(({ name, namespace }) => [namespace, name])).toEqual([
      ['pet_shop', 'listPets'],
      ['pet_shop', 'getPet'],
    ])
  })
})

const path = (item: unknown): unknown => ({
  openapi: '3.0.3',
  servers: [{ url: 'https://a.test' }],
  paths: { '/x': item },
})
const refused: [what: string, document: unknown, message: string][] = [
  ['a list instead of an object', [], 'Cannot use OpenAPI document "api": expected an object'],
  ['no version', {}, 'Cannot use OpenAPI document "api": at /openapi: expected a version "3.…"'],
  ['another version', { openapi: '4.0.0' }, 'at /openapi: expected a version "3.…", got "4.0.0"'],
  [
    'Swagger 2',
    { swagger: '2.0' },
    'Cannot use OpenAPI document "api": at /openapi: expected a version "3.…" (Swagger 2 can be converted to OpenAPI 3)',
  ],
  [
    'no server',
    { openapi: '3.1.0', paths: { '/x': { get: {} } } },
    'Cannot use OpenAPI document "api": at /servers: expected an absolute URL, got "/"; set "baseUrl" instead',
  ],
  [
    'a server with another protocol than HTTP',
    { openapi: '3.1.0', servers: [{ url: 'file:///etc' }], paths: { '/x': { get: {} } } },
    'Cannot use OpenAPI document "api": at /servers: expected a URL with http:// or https://, got "file:///etc"',
  ],
  [
    'a parameter without a location',
    path({ get: { parameters: [{ name: 'a' }] } }),
    'Cannot use OpenAPI document "api": at /paths/~1x/get/parameters: each parameter needs a "name", and "in" must be path, query, header or cookie',
  ],
  [
    'paths that are a list',
    { openapi: '3.1.0', servers: [{ url: 'https://a.test' }], paths: [] },
    'Cannot use OpenAPI document "api": at /paths: expected an object',
  ],
  [
    'a path part without a parameter',
    { openapi: '3.1.0', servers: [{ url: 'https://a.test' }], paths: { '/x/{id}': { get: {} } } },
    'Cannot use OpenAPI document "api": at /paths/~1x~1{id}/get: the path has no parameter "id"',
  ],
  [
    'a server variable without a default',
    { openapi: '3.1.0', servers: [{ url: 'https://{host}/' }], paths: { '/x': { get: {} } } },
    'Cannot use OpenAPI document "api": at /servers: its variables need defaults, but "https://{host}/" has none; set "baseUrl" instead',
  ],
]
test.each(refused)('a document with %s is refused, and the error has the location', (_, document, message) => {
  expect(() => openApiTools(document, { name: 'api' })).toThrow(message)
})

const invalidOperations: [what: string, item: object, reason: string][] = [
  ['a parameter without a name', { get: { parameters: [{ in: 'query' }] } }, 'each parameter needs a "name"'],
  ['a parameter of Swagger 2', { get: { parameters: [{ name: 'a', in: 'body' }] } }, 'each parameter needs a "name"'],
  ['a server of another protocol', { get: { servers: [{ url: 'ftp://a.test' }] } }, 'expected a URL with http://'],
  ['a server without a host', { get: { servers: [{ url: 'http://[' }] } }, 'expected an absolute URL, got "http://["'],
  ['an unknown server variable', { servers: [{ url: 'https://{x}' }], get: {} }, 'its variables need defaults'],
]
test.each(invalidOperations)(
  'an operation with %s is skipped with a warning, and others are not',
  (_, item, reason) => {
    const warnings: unknown[] = []
    const document = Object(path(item))
    const paths = { ...document.paths, '/y': { get: { operationId: 'good' } } }
    const onWarning = (...warning: unknown[]): void => void warnings.push(warning)
    const tools = openApiTools({ ...document, paths }, { name: 'api', onWarning })
    expect(tools.map(({ name }) => name)).toEqual(['good'])
    expect(warnings).toEqual([
      [expect.stringContaining('OpenAPI document "api": operation "get_x" is skipped: at /'), 'operation_skipped'],
    ])
    expect(warnings).toEqual([[expect.stringContaining(reason), 'operation_skipped']])
  },
)

test('a path without its parameter and an invalid server cost only their operation, also with a baseUrl', () => {
  const warnings: string[] = []
  const many = Array.from({ length: 12 }, (_, index) => [`/a${index}/{id}`, { get: {} }] as const)
  const server = { get: { servers: [{ url: 'http://[' }] } }
  const paths = { '/server': server, ...Object.fromEntries(many), '/y': { get: { operationId: 'good' } } }
  const options = { name: 'api', baseUrl: 'http://127.0.0.1:1', onWarning: (text: string) => warnings.push(text) }
  expect(openApiTools({ openapi: '3.0.3', paths }, options).map(({ name }) => name)).toEqual(['good'])
  expect(warnings[0]).toBe(
    'OpenAPI document "api": operation "get_server" is skipped: at /servers: expected a URL, got "http://["',
  )
  expect(warnings.at(-1)).toBe('OpenAPI document "api": 3 more operations are skipped')
})

test('invalid operations that are not included cause no warning, and can have settings', () => {
  const paths = { '/a/{id}': { get: { operationId: 'bad' } }, '/y': { get: { operationId: 'good' } } }
  const warnings: string[] = []
  const tools = openApiTools(
    { openapi: '3.0.3', paths },
    {
      baseUrl: 'http://127.0.0.1:1',
      include: ({ id }) => id === 'good',
      operations: { bad: { readOnly: true } },
      onWarning: (text) => warnings.push(text),
    },
  )
  expect([tools.length, warnings]).toEqual([1, []])
})

test.each([
  ['X-Key', 's3cret\ns3cret', 'Cannot use header "X-Key": its value has characters that are invalid in a header'],
  ['X-Key', 's3cret…', 'Cannot use header "X-Key": its value has characters that are invalid in a header'],
  ['X Key', 's3cret', 'Cannot use header "X Key": its name has characters that are invalid in a header'],
])('the header %j with the value %j is refused, and the error does not have the value', (name, value, message) => {
  expect(() => openApiTools(pets, { headers: { [name]: value } })).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTION', message }),
  )
})

test.each([3, 3.1, '3', '3.0', ' 3.1.0 ', 'v3.0.3', '3.2'])('a document of version %j is used', (openapi) => {
  const document = { openapi, servers: [{ url: 'https://a.test' }], paths: { '/x': { get: {} } } }
  expect(openApiTools(document)).toHaveLength(1)
})

test('any number of operations without ids have different names', () => {
  const parameters = [{ name: 'b', in: 'path' }]
  const paths = {
    '/a/{b}': { get: { parameters } },
    '/a/by_b': { get: {} },
    '/a/by/b': { get: {} },
    '/a/by-b': { get: {} },
  }
  const names = openApiTools({ openapi: '3.0.3', paths }, { baseUrl: 'http://a.test' }).map(({ name }) => name)
  expect(names).toEqual(['get_a_by_b', 'get_a_by_b_get_a_by_b', 'get_a_by_b_get_a_by_b_2', 'get_a_by_b_get_a_by_b_3'])
})

test('parameters that refer to each other in a circle are ignored', () => {
  const circle = { a: { $ref: '#/b' }, b: { $ref: '#/a' } }
  const document = { ...Object(path({ get: { parameters: [{ $ref: '#/a' }] } })), ...circle }
  expect(openApiTools(document, { name: 'api' })).toHaveLength(1)
})

test('schemas reference schemas anywhere in the document, as bundlers write it', () => {
  const content = (schema: object): object => ({ content: { 'application/json': { schema } } })
  const user = { type: 'object', properties: { id: { type: 'integer' } }, required: ['id'] }
  const list = '#/paths/~1users~1{x}/get/responses/200/content/application~1json/schema'
  const document = {
    openapi: '3.0.3',
    servers: [{ url: 'https://a.test' }],
    definitions: { Old: { type: 'string', maxLength: 3 } },
    components: { schemas: { users_x_get: {} } },
    paths: {
      '/users/{x}': {
        get: { parameters: [{ name: 'x', in: 'path' }], responses: { 200: content({ type: 'array', items: user }) } },
      },
      '/add': {
        post: {
          operationId: 'add',
          parameters: [{ name: 'old', in: 'query', schema: { $ref: '#/definitions/Old' } }],
          requestBody: content({
            properties: { one: { $ref: list.replaceAll(/[{}]/g, encodeURIComponent) + '/items' }, all: { $ref: list } },
          }),
        },
      },
    },
  }
  const add = openApiTools(document, { name: 'api' }).find(({ name }) => name === 'add')
  const check = createInputCheck(add?.inputSchema)
  const problemsOf = (input: object): unknown => {
    const verdict = check(input)
    return verdict.type === 'wrong' ? verdict.problems.map(({ text }) => text) : verdict.type
  }
  expect(problemsOf({ old: 'abc', body: { one: { id: 1 }, all: [{ id: 1 }] } })).toBe('fits')
  expect(problemsOf({ old: 'abcd', body: { one: { id: 'a' }, all: [{}] } })).toEqual([
    expect.stringContaining('old: expected at most 3 characters'),
    'body.one.id: expected integer, got the string "a"',
    'body.all[0].id: required (integer), but missing',
  ])
  const { components } = Object(add?.inputSchema)
  expect(Object.keys(components.schemas)).toEqual(expect.arrayContaining(['users_x_get_2', 'Old']))
})

test.each(['default', 'example', 'examples', 'enum', 'const'])(
  'a property and a parameter can have the name %s',
  (name) => {
    const components = { schemas: { Small: { type: 'string', maxLength: 3 } } }
    const small = { $ref: '#/components/schemas/Small' }
    const requestBody = { content: { 'application/json': { schema: { properties: { [name]: small } } } } }
    const document = {
      ...Object(path({ post: { parameters: [{ name, in: 'query', schema: small }], requestBody } })),
      components,
    }
    const [tool] = openApiTools(document, { name: 'api' })
    expect(createInputCheck(tool?.inputSchema)({ [name]: 'abcd', body: { [name]: 'abcd' } })).toMatchObject({
      type: 'wrong',
      problems: [{ path: [name] }, { path: ['body', name] }],
    })
  },
)

const readOnlyId = { type: 'object', properties: { id: { type: 'integer', readOnly: true }, n: {} } }
test.each<[where: string, schema: object]>([
  ['in the property', { ...readOnlyId, required: ['id', 'n'] }],
  ['in another member of allOf', { allOf: [readOnlyId, { required: ['id', 'n'] }] }],
  ['in a referenced member of allOf', { allOf: [{ $ref: '#/components/schemas/Base' }, { required: ['id', 'n'] }] }],
  ['next to allOf', { allOf: [{ allOf: [{ $ref: '#/components/schemas/Base' }] }], required: ['id', 'n'] }],
  ['in the target of a reference', { properties: { id: { $ref: '#/components/schemas/Id' } }, required: ['id', 'n'] }],
  [
    'in a property with allOf',
    { properties: { id: { allOf: [{ $ref: '#/components/schemas/Id' }] } }, required: ['id'] },
  ],
  [
    'next to a reference',
    { properties: { id: { $ref: '#/components/schemas/Any', readOnly: true } }, required: ['id'] },
  ],
])('a property is not required in requests if it is read-only %s', (_, schema) => {
  const schemas = { Base: readOnlyId, Id: { type: 'integer', readOnly: true }, Any: {} }
  const content = { 'application/json': { schema } }
  const item = { post: { requestBody: { content }, responses: { 200: { content } } } }
  const [tool] = openApiTools({ ...Object(path(item)), components: { schemas } })
  expect(createInputCheck(tool?.inputSchema)({ body: { n: 1 } }).type).toBe('fits')
  expect(createInputCheck(tool?.outputSchema)({ n: 1 }).type).toBe('wrong')
})

test('an operation with an empty id is named after its method and path', () => {
  expect(openApiTools(path({ get: { operationId: '' } }))[0]?.name).toBe('get_x')
})

test('operations with the same id and parameters with the same name get different names', () => {
  const parameters = ['query', 'header', 'cookie'].map((place) => ({ name: '__proto__', in: place, schema: {} }))
  const document = path({
    get: { operationId: 'same', parameters },
    post: { operationId: 'same', requestBody: body() },
  })
  const tools = openApiTools(document, { name: 'api' })
  expect(tools.map(({ name }) => name)).toEqual(['same', 'same_post_x'])
  const { properties } = Object(tools[0]?.inputSchema)
  expect(Object.keys(properties)).toEqual(['__proto__', '__proto___header', '__proto___cookie'])
})

function body(): unknown {
  return { content: { 'application/json': { schema: {} } } }
}

describe('loadOpenApi()', () => {
  test('reads YAML with merge keys, keys of any type, and keys that are there twice', async () => {
    const file = join(newFolder(), 'api.yaml')
    const text = `openapi: 3.0
servers: [{ url: https://a.test }]
x-common: &common
  tags: [common]
  responses:
    200: { content: { application/json: { schema: { properties: { 1.0: {}, null: {}, 007: {}, on: {} } } } } }
paths:
  /x: { get: { operationId: old } }
  /x: { get: { <<: *common, operationId: new, description: !include x.md } }
`
    writeFileSync(file, text)
    const [tool] = await loadOpenApi(file)
    expect(tool?.name).toBe('new')
    expect(Object.keys(Object(tool?.outputSchema).properties)).toEqual(['1.0', 'null', '007', 'on'])
  })

  test('reads JSON and YAML', async () => {
    const file = join(newFolder(), 'api.yaml')
    writeFileSync(
      file,
      'openapi: 3.1.0\ninfo: { title: Small }\nservers: [{ url: https://a.test/v1 }]\npaths:\n  /x:\n    get: { operationId: getX }\n',
    )
    expect((await loadOpenApi(file)).map(({ namespace, name }) => `${namespace} ${name}`)).toEqual(['small getX'])
    expect(await loadOpenApi(petsFile.pathname)).toHaveLength(5)
  })

  test.each([
    ['missing.json', null, /^Cannot read OpenAPI document ".*missing\.json": ENOENT/],
    ['broken.json', '{ "openapi": ', /^Cannot read OpenAPI document ".*broken\.json": Unexpected end of JSON input/],
    ['bomb.yaml', bomb(), /^Cannot read OpenAPI document ".*bomb\.yaml": Excessive alias count/],
    ['other.json', '{}', /^Cannot use OpenAPI document "openapi": at \/openapi: .* \(file ".*other\.json"\)$/],
  ])('refuses the file %s and names it', async (name, text, message) => {
    const file = join(newFolder(), name)
    if (text !== null) writeFileSync(file, text)
    await expect(loadOpenApi(file)).rejects.toThrow(message)
  })
})

/** Aliases of aliases, ten deep. */
function bomb(): string {
  const levels = Array.from({ length: 10 }, (_, n) => `a${n}: &a${n} [${(n === 0 ? 'x,' : `*a${n - 1},`).repeat(9)}]`)
  return levels.join('\n')
}

describe('loadOpenApiConfig()', () => {
  const write = (config: unknown): string => {
    const file = join(newFolder(), 'mcp.json')
    writeFileSync(file, JSON.stringify(config))
    return file
  }

  test('replaces the variables in headers', async () => {
    const entry = {
      file: 'api.json',
      baseUrl: 'https://b.test',
      headers: { Authorization: 'Bearer ${TOKEN}' },
      include: ['getX', 'list*'],
      server: 'https://{region}.a.test',
      serverVariables: { region: '${REGION}' },
      documentUrl: 'https://a.test/api.json',
      results: 'response',
    }
    const file = write({ openapi: { small: entry } })
    const [config] = await loadOpenApiConfig(file, { env: { TOKEN: 't', REGION: 'eu' } })
    const { include, ...options } = config?.options ?? {}
    expect([config?.file, options]).toEqual([
      join(dirname(file), 'api.json'),
      {
        name: 'small',
        baseUrl: 'https://b.test',
        headers: { Authorization: 'Bearer t' },
        query: {},
        server: 'https://{region}.a.test',
        serverVariables: { region: 'eu' },
        documentUrl: 'https://a.test/api.json',
        results: 'response',
      },
    ])
    const operation = { method: 'GET', path: '/', tags: [], isDeprecated: false }
    expect(['getX', 'getXY', 'listAll'].map((id) => include?.({ ...operation, id }))).toEqual([true, false, true])
  })

  test.each([
    [{ openapi: [] }, '"openapi" must be an object with one entry for each document'],
    [{ openapi: { a: 1 } }, 'OpenAPI document "a" must be an object'],
    [{ openapi: { a: {} } }, 'OpenAPI document "a" requires a string "file"'],
    [
      { openapi: { a: { file: 'x', url: 'y' } } },
      'OpenAPI document "a" has the unknown key "url"; expected file, baseUrl, headers, query, include',
    ],
    [
      { openapi: { a: { file: 'x', headers: { k: '${NOPE}' } } } },
      'OpenAPI document "a" has variables without a value in "headers.k": NOPE; set them',
    ],
  ])('refuses the configuration %j', async (config, message) => {
    const file = write(config)
    await expect(loadOpenApiConfig(file, { env: {} })).rejects.toThrow(`Cannot use configuration "${file}": ${message}`)
  })
})
