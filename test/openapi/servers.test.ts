import { describe, expect, test } from 'vitest'
import { openApiTools, type OpenApiOptions } from '../../src/openapi.ts'
import { callContext } from '../fixtures/call-context.ts'
import { calledOperation, type CallSettings } from './called-operation.ts'

type Servers = {
  readonly servers?: unknown
  readonly path?: object
  readonly operation?: object
  readonly other?: object
}

/** Returns the URL of the request of a document's only operation, without a network. */
async function urlOf({ servers, path = {}, operation = {}, other = {} }: Servers, options: OpenApiOptions = {}) {
  const urls: string[] = []
  const fetch: typeof globalThis.fetch = (url) => {
    urls.push(url instanceof Request ? url.url : url.toString())
    return Promise.resolve(new Response('null'))
  }
  const item = { ...path, get: operation }
  const document = { openapi: '3.1.0', paths: { '/x': item }, ...(servers === undefined ? {} : { servers }), ...other }
  const [tool] = openApiTools(document, { name: 'api', fetch, ...options })
  await tool?.call({}, callContext())
  return urls[0]
}

const two = [
  { url: 'https://a.test/v1/', description: 'Production' },
  { url: 'https://{region}.b.test:{port}/{base}', name: 'staging', variables: variables() },
]

function variables(): object {
  return {
    region: { default: 'eu', enum: ['eu', 'us'] },
    port: { default: 8443 },
    base: { default: 'v2' },
  }
}

describe('the server of an operation', () => {
  const cases: [what: string, servers: Servers, options: OpenApiOptions, url: string][] = [
    ['the first one of the document', { servers: two }, {}, 'https://a.test/v1/x'],
    [
      'the first one of the path',
      { servers: two, path: { servers: [{ url: 'https://a.test/p' }] } },
      {},
      'https://a.test/p/x',
    ],
    [
      'the first one of the operation',
      { servers: two, path: { servers: two }, operation: { servers: [{ url: 'https://a.test/o' }] } },
      {},
      'https://a.test/o/x',
    ],
    [
      'that of the document when the operation has an empty list',
      { servers: two, operation: { servers: [] } },
      {},
      'https://a.test/v1/x',
    ],
    ['the one with an index', { servers: two }, { server: 1 }, 'https://eu.b.test:8443/v2/x'],
    ['the one with a name', { servers: two }, { server: 'staging' }, 'https://eu.b.test:8443/v2/x'],
    ['the one with a description', { servers: two }, { server: 'Production' }, 'https://a.test/v1/x'],
    ['the one with a URL', { servers: two }, { server: 'https://a.test/v1/' }, 'https://a.test/v1/x'],
    [
      'one with the values of variables',
      { servers: two },
      { server: 1, serverVariables: { region: 'us', base: 'v3' } },
      'https://us.b.test:8443/v3/x',
    ],
    ['relative to the base URL', { servers: [{ url: '/api/' }] }, { baseUrl: 'http://c.test' }, 'http://c.test/api/x'],
    [
      'replaced by a base URL with a path',
      { servers: two },
      { baseUrl: 'http://c.test/base/' },
      'http://c.test/base/x',
    ],
    ['the root of a base URL when there is none', {}, { baseUrl: 'http://c.test/' }, 'http://c.test/x'],
    [
      'relative to the URL of the document',
      { servers: [{ url: '../v3' }] },
      { documentUrl: 'https://d.test/docs/openapi.json' },
      'https://d.test/v3/x',
    ],
    [
      'the root of the URL of the document',
      {},
      { documentUrl: 'https://d.test/docs/openapi.json' },
      'https://d.test/x',
    ],
    [
      'relative to the URL that the document states',
      { servers: [{ url: 'v3' }], other: { $self: 'https://d.test/docs/openapi.json' } },
      {},
      'https://d.test/docs/v3/x',
    ],
    ['without its query and fragment', { servers: [{ url: 'https://a.test/v1?a=1#b' }] }, {}, 'https://a.test/v1/x'],
  ]
  test.each(cases)('is %s', async (_, servers, options, url) => {
    expect(await urlOf(servers, options)).toBe(url)
  })

  const refused: [options: OpenApiOptions, message: string][] = [
    [
      { server: 2 },
      'at /servers: not found: 2; expected one of "https://a.test/v1/", "https://{region}.b.test:{port}/{base}"',
    ],
    [{ server: 'prod' }, 'at /servers: not found: "prod"; expected one of'],
    [
      { server: 1, serverVariables: { region: 'xx' } },
      'at /servers: the variable "region" must be one of eu, us, got "xx"',
    ],
    [{ serverVariables: { zone: 'x' } }, 'at /servers: no server has the variable "zone"'],
    [{ documentUrl: 'file:///x' }, 'Cannot use document URL "file:///x"'],
    [{ results: JSON.parse('"all"') }, 'Cannot use results "all": must be one of body, response'],
  ]
  test.each(refused)('is refused with the options %j', async (options, message) => {
    await expect(urlOf({ servers: two }, options)).rejects.toThrow(message)
  })

  test('is refused with the servers of its operation, or because there are none', async () => {
    const operation = { servers: [{ url: 'https://a.test/o' }] }
    await expect(urlOf({ operation }, { server: 'b' })).rejects.toThrow(
      'not found: "b"; expected one of "https://a.test/o"',
    )
    await expect(urlOf({}, { server: 'b' })).rejects.toThrow('not found: "b"; the document has no servers')
  })
})

const staging = { servers: [{ url: 'https://{region}.s.test', name: 'staging', variables: variables() }] }
test.each<[where: string, item: object, other: object]>([
  ['a path', { ...staging, get: {} }, {}],
  ['an operation', { get: staging }, {}],
  ['a path next to its reference', { ...staging, $ref: '#/x-items/a' }, { 'x-items': { a: { get: {} } } }],
  ['a referenced path', { $ref: '#/x-items/a' }, { 'x-items': { a: { ...staging, get: {} } } }],
  ['a referenced operation', { get: { $ref: '#/x-items/a' } }, { 'x-items': { a: staging } }],
  ['an additional operation', { additionalOperations: { LINK: staging } }, {}],
])('the chosen server and its variables can be those of %s', async (_, item, other) => {
  const urls: string[] = []
  const fetch: typeof globalThis.fetch = (url) => {
    urls.push(url instanceof Request ? url.url : url.toString())
    return Promise.resolve(new Response('null'))
  }
  const document = { openapi: '3.2.0', paths: { '/x': item }, ...other }
  const options = { fetch, server: 'staging', serverVariables: { region: 'us' } }
  await openApiTools(document, options)[0]?.call({}, callContext())
  expect(urls).toEqual(['https://us.s.test/x'])
})

describe('the path of an operation', () => {
  const parameters = ['a', 'b'].map((name) => ({ name, in: 'path', required: true, schema: {} }))
  const query = [{ name: 'q', in: 'query', schema: {} }]
  const cases: [path: string, settings: CallSettings, url: string][] = [
    ['/x/{a}{b}', {}, '/x/1%2F2y'],
    ['/x/{a}.json', {}, '/x/1%2F2.json'],
    ['/x/{a}-{b}/', {}, '/x/1%2F2-y/'],
    ['/x?action=list', {}, '/x?action=list&q=3'],
    ['/x/{a}?action={b}', {}, '/x/1%2F2?action=y&q=3'],
    ['/x#list', {}, '/x?q=3'],
    ['/ä b/{a}', {}, '/%C3%A4%20b/1%2F2?q=3'],
    ['/x?q=0&key=1', { options: { query: { key: 'a b,c', q: '9' } } }, '/x?key=a%20b%2Cc&q=9'],
    ['/x', { options: { query: { key: 'k' } } }, '/x?q=3&key=k'],
  ]
  test.each(cases)('%s is filled and keeps its query', async (path, settings, url) => {
    const own = { parameters: [...parameters, ...(url.includes('q=') ? query : [])] }
    const { request, error } = await calledOperation(
      own,
      { a: '1/2', b: 'y', q: 3 },
      { path, method: 'GET', ...settings },
    )
    expect([request?.url, error]).toEqual([url, undefined])
  })
})
