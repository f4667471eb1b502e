import { describe, expect, test } from 'vitest'
import { CodecellError, type Tool } from '../../../src/index.ts'
import { openApiTools, type OpenApiAuth, type OpenApiOptions } from '../../../src/openapi.ts'
import { documentWith } from '../../fixtures/api-with-security.ts'
import { callContext } from '../../fixtures/call-context.ts'
import { startEchoServer, type SeenRequest } from '../../fixtures/echo-http-server.ts'

const header = { type: 'apiKey', in: 'header', name: 'X-Key' }
const query = { type: 'apiKey', in: 'query', name: 'api_key' }
const cookie = { type: 'apiKey', in: 'cookie', name: 'session' }
const basic = { type: 'http', scheme: 'Basic' }
const bearer = { type: 'http', scheme: 'bearer' }
const schemes = { header, query, cookie, basic, bearer, oauth: { type: 'oauth2', flows: {} } }
const all: OpenApiAuth = {
  header: { key: 'k-header' },
  query: { key: 'k query&x' },
  cookie: { key: 'k-cookie' },
  basic: { username: 'ann', password: 'pä:ss' },
  bearer: { token: 't-bearer' },
  oauth: { token: 't-oauth' },
}

/** Sends a request and returns what the server has received. */
async function sent(
  security: unknown,
  options: OpenApiOptions & { input?: object; parameters?: readonly object[] } = {},
): Promise<SeenRequest> {
  const { input = {}, parameters = [], ...own } = options
  await using server = await startEchoServer(() => ({}))
  const document = documentWith(schemes, security, { url: server.url, parameters })
  await toolNamed('read', openApiTools(document, own)).call(input, callContext())
  const [request] = server.seen
  if (request === undefined) throw new Error('no request was sent')
  return request
}

function toolNamed(name: string, tools: readonly Tool[]): Tool {
  const found = tools.find((tool) => tool.name === name)
  if (found === undefined) throw new Error(`unknown tool ${name}`)
  return found
}

/** Returns the parts of a request that can have credentials. */
function partsOf({ url, headers }: SeenRequest): object {
  const { authorization, cookie: cookies } = headers
  const parts = { url, authorization, cookie: cookies, 'x-key': headers['x-key'] }
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined))
}

const url = '/things'
const cases: readonly (readonly [name: string, security: unknown, auth: OpenApiAuth, parts: object])[] = [
  ['a key in a header', [{ header: [] }], all, { url, 'x-key': 'k-header' }],
  ['a key in the query', [{ query: [] }], all, { url: '/things?api_key=k+query%26x' }],
  ['a key in a cookie', [{ cookie: [] }], all, { url, cookie: 'session=k-cookie' }],
  ['a password', [{ basic: [] }], all, { url, authorization: `Basic ${Buffer.from('ann:pä:ss').toString('base64')}` }],
  ['a bearer token', [{ bearer: [] }], all, { url, authorization: 'Bearer t-bearer' }],
  ['a token of OAuth', [{ oauth: ['read'] }], all, { url, authorization: 'Bearer t-oauth' }],
  [
    'all schemes of an alternative',
    [{ header: [], bearer: [] }],
    all,
    { url, authorization: 'Bearer t-bearer', 'x-key': 'k-header' },
  ],
  ['the first alternative', [{ bearer: [] }, { header: [] }], all, { url, authorization: 'Bearer t-bearer' }],
  [
    'the first configured alternative',
    [{ bearer: [] }, { header: [] }],
    { header: { key: 'k' } },
    { url, 'x-key': 'k' },
  ],
  [
    'the first alternative with all schemes',
    [{ header: [], bearer: [] }, { header: [], query: [] }, { header: [] }],
    { header: { key: 'k' } },
    { url, 'x-key': 'k' },
  ],
  ['an optional scheme that is configured', [{}, { header: [] }], { header: { key: 'k' } }, { url, 'x-key': 'k' }],
  ['nothing for an optional scheme', [{}, { header: [] }], {}, { url }],
  ['nothing for an empty list', [], all, { url }],
  ['nothing for an unknown scheme', [{ missing: [] }], all, { url }],
  ['nothing for a security that is not a list', { header: [] }, all, { url }],
]
test.each(cases)('a request has %s', async (_name, security, auth, parts) => {
  expect(partsOf(await sent(security, { auth }))).toEqual(parts)
})

test('the security of an operation replaces that of the document', async () => {
  await using server = await startEchoServer(() => ({}))
  const document = {
    ...documentWith(schemes, undefined, { url: server.url }),
    security: [{ header: [] }],
    paths: {
      '/own': { get: { operationId: 'own', security: [{ bearer: [] }] } },
      '/open': { get: { operationId: 'open', security: [] } },
      '/common': { get: { operationId: 'common' } },
    },
  }
  for (const tool of openApiTools(document, { auth: all })) await tool.call({}, callContext())
  expect(server.seen.map(partsOf)).toEqual([
    { url: '/own', authorization: 'Bearer t-bearer' },
    { url: '/open' },
    { url: '/common', 'x-key': 'k-header' },
  ])
})

test('credentials replace those of the cell and of the headers', async () => {
  const parameters = [{ in: 'cookie', name: 'theme', schema: { type: 'string' } }]
  const request = await sent([{ bearer: [], cookie: [], header: [] }], {
    auth: all,
    parameters,
    input: { theme: 'dark', 'X-Key': 'cell' },
    headers: { Authorization: 'Basic other', 'x-key': 'other' },
  })
  expect(partsOf(request)).toEqual({
    url,
    authorization: 'Bearer t-bearer',
    cookie: 'theme=dark; session=k-cookie',
    'x-key': 'k-header',
  })
})

describe('the parameters of keys', () => {
  const parameters = [
    { in: 'header', name: 'x-KEY', required: true, schema: { type: 'string' } },
    { in: 'query', name: 'api_key', required: true, schema: { type: 'string' } },
    { in: 'cookie', name: 'session', required: true, schema: { type: 'string' } },
    { in: 'query', name: 'q', schema: { type: 'string' } },
  ]

  test('are not part of the input where the schemes are configured', () => {
    const document = documentWith(schemes, [{ header: [], query: [], cookie: [] }], { parameters })
    const { inputSchema } = toolNamed('read', openApiTools(document, { auth: all }))
    expect(inputSchema).toMatchObject({ properties: { q: {} } })
    expect(JSON.stringify(inputSchema)).not.toMatch(/key|session|required/i)
  })

  test('are part of the input where the request does not have them', () => {
    const document = documentWith(schemes, [], { parameters })
    const { inputSchema } = toolNamed('read', openApiTools(document, { auth: all }))
    expect(inputSchema).toMatchObject({ required: ['x-KEY', 'api_key', 'session'] })
  })
})

describe('a function', () => {
  test('returns the token of each request', async () => {
    let count = 0
    const auth: OpenApiAuth = {
      bearer: { token: ({ scheme, rejected }) => `${scheme}-${String(rejected)}-${++count}` },
    }
    await using server = await startEchoServer(() => ({}))
    const read = toolNamed('read', openApiTools(documentWith(schemes, [{ bearer: [] }], { url: server.url }), { auth }))
    await read.call({}, callContext())
    await read.call({}, callContext())
    expect(server.seen.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer bearer-null-1',
      'Bearer bearer-null-2',
    ])
  })

  test('that never returns ends with its call', async () => {
    const auth: OpenApiAuth = { bearer: { token: () => new Promise(() => undefined) } }
    const [read] = openApiTools(documentWith(schemes, [{ bearer: [] }]), { auth })
    const controller = new AbortController()
    const called = Promise.resolve(read?.call({}, callContext(controller.signal)))
    controller.abort(new Error('the call has ended'))
    await expect(called).rejects.toThrow('GET /things was not sent')
  })

  test('is called again with the rejected token after 401, once', async () => {
    const rejected: unknown[] = []
    const token = (request: { rejected: string | null }): string => {
      rejected.push(request.rejected)
      return `token-${rejected.length}`
    }
    await using server = await startEchoServer(() => ({ status: 401, body: '{}' }))
    const tools = openApiTools(documentWith(schemes, [{ bearer: [] }], { url: server.url }), {
      auth: { bearer: { token } },
    })
    await expect(toolNamed('write', tools).call({}, callContext())).rejects.toThrow('POST /things returned 401')
    expect(rejected).toEqual([null, 'token-1'])
    expect(server.seen).toHaveLength(2)
  })

  test('that returns the rejected token again ends the call', async () => {
    await using server = await startEchoServer(() => ({ status: 401, body: '{}' }))
    const auth: OpenApiAuth = { bearer: { token: () => 'same' } }
    const tools = openApiTools(documentWith(schemes, [{ bearer: [] }], { url: server.url }), { auth })
    await expect(toolNamed('read', tools).call({}, callContext())).rejects.toThrow('returned 401')
    expect(server.seen).toHaveLength(1)
  })

  test.each([
    ['throws', () => Promise.reject(new Error('vault is sealed')), 'vault is sealed'],
    ['returns nothing', () => '', 'must be a string with at least one character'],
    ['returns a line break', () => 'a\r\nx: y', 'invalid in a header'],
  ])('that %s fails the call before a request is sent', async (_name, token, reason) => {
    await using server = await startEchoServer(() => ({}))
    const tools = openApiTools(documentWith(schemes, [{ bearer: [] }], { url: server.url }), {
      auth: { bearer: { token } },
    })
    const error: unknown = await Promise.resolve(toolNamed('read', tools).call({}, callContext())).catch(
      (thrown: unknown) => thrown,
    )
    expect(CodecellError.is(error, 'TOOL_FAILED') && error.message).toContain('GET /things was not sent')
    expect(String(error)).toContain(reason)
    expect(server.seen).toEqual([])
  })
})

describe('without credentials', () => {
  const document = (at?: string): object =>
    documentWith(schemes, [{ bearer: [], header: [] }, { cookie: [] }], at === undefined ? {} : { url: at })

  test('the description names the schemes', () => {
    expect(toolNamed('read', openApiTools(document())).description).toContain(
      'Needs credentials that are not configured: security scheme "bearer" and "header", or "cookie".',
    )
  })

  test('the error of a refused request says what to set', async () => {
    await using server = await startEchoServer(() => ({ status: 401, body: '{}' }))
    const read = toolNamed('read', openApiTools(document(server.url)))
    await expect(read.call({}, callContext())).rejects.toThrow(
      'the operation needs credentials for security scheme "bearer" and "header", or "cookie": set "auth": { "bearer": { "token": … }, "header": { "key": … } }',
    )
  })

  test('a warning counts the operations', () => {
    const warnings: string[] = []
    openApiTools(document(), { name: 'shop', onWarning: (text) => warnings.push(text) })
    expect(warnings).toEqual([
      expect.stringMatching(
        /^OpenAPI document "shop": 2 of 2 operations need credentials for security scheme "bearer"/,
      ),
    ])
  })

  test.each([
    ['in a header', { headers: { authorization: 'Bearer t', 'X-KEY': 'k' } }],
    ['in a cookie', { headers: { Cookie: 'a=b; session=s' } }],
    ['by an own fetch', { fetch: globalThis.fetch }],
  ])('the description is unchanged when the embedder sends them %s', (_name, options) => {
    expect(toolNamed('read', openApiTools(document(), options)).description).not.toContain('credentials')
  })
})

describe('openApiTools() refuses', () => {
  const refused: readonly (readonly [name: string, auth: unknown, reason: string])[] = [
    [
      'an unknown scheme',
      { bearr: { token: 't' } },
      'unknown security scheme "bearr"; expected one of "header", "query", "cookie", "basic", "bearer", "oauth"; did you mean "bearer"?',
    ],
    ['a value that is not an object', { bearer: 's3cret' }, 'security scheme "bearer": expected { "token": … }'],
    ['an unknown key', { bearer: { tokn: 's3cret' } }, 'unknown key "tokn"; did you mean "token"?'],
    ['a key of another scheme', { bearer: { key: 's3cret' } }, 'unknown key "key"; expected { "token": … }'],
    ['a key too many', { header: { key: 'a', token: 's3cret' } }, 'unknown key "token"'],
    ['a missing key', { basic: { username: 'ann' } }, '"password" is missing'],
    ['an empty secret', { header: { key: '' } }, '"key" must be a string with at least one character'],
    ['a line break in a secret', { header: { key: 's3cret\r\nX: y' } }, 'characters that are invalid in a header'],
    ['a colon in a user name', { basic: { username: 'a:b', password: 's3cret' } }, 'cannot have a colon'],
    ['a list', [{ key: 's3cret' }], 'expected an object'],
  ]
  test.each(refused)('refuses %s', (_name, auth, reason) => {
    // @ts-expect-error -- callers in JavaScript can pass any value
    const call = (): unknown => openApiTools(documentWith(schemes, []), { name: 'shop', auth })
    expect(call).toThrow(reason)
    expect(call).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
    expect(call).not.toThrow('s3cret')
  })

  test.each([
    [
      'digest',
      { type: 'http', scheme: 'digest' },
      'HTTP authentication "digest" is not supported; set "headers" or "query" instead',
    ],
    ['negotiate', { type: 'http', scheme: 'Negotiate' }, 'HTTP authentication "Negotiate" is not supported'],
    ['a scheme with a space', { type: 'http', scheme: 'a b' }, 'is not supported'],
    ['an unknown type', { type: 'magic' }, 'the type "magic" is unknown'],
    ['a key in the body', { type: 'apiKey', in: 'body', name: 'k' }, 'in neither a header, the query nor a cookie'],
    ['a key with a line break in its name', { type: 'apiKey', in: 'header', name: 'a\r\nb' }, 'the invalid name'],
    ['a dangling reference', { $ref: '#/nowhere' }, 'the type "" is unknown'],
  ])('credentials for %s', (_name, scheme, reason) => {
    expect(() => openApiTools(documentWith({ odd: scheme }, []), { auth: { odd: { key: 'k' } } })).toThrow(reason)
  })

  test('a server of the document that is not encrypted', () => {
    const document = documentWith(schemes, [{ header: [] }], { url: 'http://shop.example.com' })
    expect(() => openApiTools(document, { auth: all })).toThrow(
      'http://shop.example.com is not encrypted; set "baseUrl"',
    )
    expect(openApiTools(document, { auth: all, baseUrl: 'http://shop.example.com' })).toHaveLength(2)
    expect(openApiTools(document)).toHaveLength(2)
  })
})

test('another scheme of HTTP is sent with its word', async () => {
  await using server = await startEchoServer(() => ({}))
  const document = documentWith({ odd: { type: 'http', scheme: 'Token' } }, [{ odd: [] }], { url: server.url })
  await toolNamed('read', openApiTools(document, { auth: { odd: { token: 'abc' } } })).call({}, callContext())
  expect(server.seen[0]?.headers.authorization).toBe('Token abc')
})

test.each([['__proto__'], ['constructor'], ['toString']])('a scheme can have the name %s', async (name) => {
  await using server = await startEchoServer(() => ({}))
  const own = (value: unknown): object => Object.defineProperty({}, name, { value, enumerable: true })
  const document = documentWith(own(header), [own([])], { url: server.url })
  // @ts-expect-error -- the name is not known to the type
  const tools = openApiTools(document, { auth: own({ key: 'k' }) })
  await toolNamed('read', tools).call({}, callContext())
  expect(server.seen[0]?.headers['x-key']).toBe('k')
})

describe('the texts of errors', () => {
  test.each([
    [[{ header: [] }], 'k-header'],
    [[{ query: [] }], 'k query&x'],
    [[{ basic: [] }], Buffer.from('ann:pä:ss').toString('base64')],
    [[{ bearer: [] }], 't-bearer'],
  ])('have no secret of %j, also when the server repeats it', async (security, secret) => {
    await using server = await startEchoServer(({ url: at, headers }) => ({
      status: 400,
      body: JSON.stringify({ at, headers, secret }),
    }))
    const tools = openApiTools(documentWith(schemes, security, { url: server.url }), { auth: all })
    const error: unknown = await Promise.resolve(toolNamed('read', tools).call({}, callContext())).catch(
      (thrown: unknown) => thrown,
    )
    expect(CodecellError.is(error, 'TOOL_FAILED') && error.details).toEqual({ status: 400 })
    const texts = [String(error), JSON.stringify(error), error instanceof Error ? String(error.cause) : '']
    for (const text of texts) {
      expect(text).not.toContain(secret)
      expect(text).not.toContain('query%26x')
    }
    expect(String(error)).toContain('[redacted]')
  })

  test('have no secret that a function has returned', async () => {
    await using server = await startEchoServer(({ headers }) => ({ status: 400, body: String(headers.authorization) }))
    const auth: OpenApiAuth = { bearer: { token: () => 'fresh-secret' } }
    const tools = openApiTools(documentWith(schemes, [{ bearer: [] }], { url: server.url }), { auth })
    await expect(toolNamed('read', tools).call({}, callContext())).rejects.toThrow(
      'returned 400 Bad Request: Bearer [redacted]',
    )
  })
})

test('a redirect to another origin does not get the credentials', async () => {
  await using elsewhere = await startEchoServer(() => ({}))
  await using server = await startEchoServer(() => ({ status: 307, headers: { location: elsewhere.url }, body: '' }))
  const tools = openApiTools(documentWith(schemes, [{ bearer: [] }], { url: server.url }), { auth: all })
  await expect(toolNamed('read', tools).call({}, callContext())).rejects.toThrow('it redirects to another origin')
  expect(elsewhere.seen).toEqual([])
})
