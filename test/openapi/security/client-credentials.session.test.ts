import { describe, expect, test } from 'vitest'
import { CodecellError, createSession, type Tool } from '../../../src/index.ts'
import { openApiTools, type OpenApiOAuthClient, type OpenApiOptions } from '../../../src/openapi.ts'
import { documentWith } from '../../fixtures/api-with-security.ts'
import { callContext } from '../../fixtures/call-context.ts'
import { startEchoServer, type Answer, type SeenRequest } from '../../fixtures/echo-http-server.ts'
import { sharedHosts } from '../../support/hosts.ts'

const client = { clientId: 'robot', clientSecret: 's3cret+/:=' }

type Server = Awaited<ReturnType<typeof startEchoServer>>

/** Starts an authorization server that issues `token-1`, `token-2`, … */
async function startTokens(answer: (count: number, request: SeenRequest) => Answer = () => ({})): Promise<Server> {
  let count = 0
  return await startEchoServer((request) => {
    count++
    const token = { access_token: `token-${count}`, token_type: 'Bearer', expires_in: 3600 }
    return { body: JSON.stringify(token), ...answer(count, request) }
  })
}

function oauth(tokenUrl: string): object {
  return { oauth: { type: 'oauth2', flows: { clientCredentials: { tokenUrl, scopes: {} } } } }
}

type Init = { api: Server; tokenUrl: string; scopes?: readonly string[] } & Partial<OpenApiOAuthClient> &
  Pick<OpenApiOptions, 'baseUrl'>

function toolsOf({ api, tokenUrl, scopes = [], baseUrl, ...own }: Init): readonly Tool[] {
  const document = documentWith(oauth(tokenUrl), [{ oauth: scopes }], { url: api.url })
  const auth = { oauth: { ...client, tokenUrl, ...own } }
  return openApiTools(document, { name: 'shop', auth, ...(baseUrl === undefined ? {} : { baseUrl }) })
}

async function call(tools: readonly Tool[], name = 'read'): Promise<unknown> {
  return await tools.find((tool) => tool.name === name)?.call({}, callContext())
}

function authorizations({ seen }: Server): readonly unknown[] {
  return seen.map(({ headers }) => headers.authorization)
}

test('a token is requested once with the scopes of the operation, and used for all calls', async () => {
  await using tokens = await startTokens()
  await using api = await startEchoServer(() => ({}))
  const tools = toolsOf({ api, tokenUrl: `${tokens.url}/token`, scopes: ['write', 'read'] })
  await Promise.all([call(tools), call(tools), call(tools)])
  await call(tools, 'write')
  expect(authorizations(api)).toEqual(Array(4).fill('Bearer token-1'))
  const [request] = tokens.seen
  expect(tokens.seen).toHaveLength(1)
  expect([request?.method, request?.url, request?.headers['content-type'], request?.body]).toEqual([
    'POST',
    '/token',
    'application/x-www-form-urlencoded',
    'grant_type=client_credentials&scope=read+write',
  ])
  // The id and the secret are encoded as in a form (RFC 6749, section 2.3.1).
  expect(request?.headers.authorization).toBe(`Basic ${Buffer.from('robot:s3cret%2B%2F%3A%3D').toString('base64')}`)
})

test('the client can send its secret in the body, an audience and a resource', async () => {
  await using tokens = await startTokens()
  await using api = await startEchoServer(() => ({}))
  const own = { clientAuth: 'post', audience: 'https://api', resource: 'https://shop' } as const
  await call(toolsOf({ api, tokenUrl: tokens.url, ...own }))
  const [request] = tokens.seen
  expect(request?.headers.authorization).toBeUndefined()
  expect(Object.fromEntries(new URLSearchParams(request?.body))).toEqual({
    grant_type: 'client_credentials',
    audience: 'https://api',
    resource: 'https://shop',
    client_id: 'robot',
    client_secret: client.clientSecret,
  })
})

test('a token that has expired is requested again', async () => {
  await using tokens = await startTokens((count) => {
    return {
      body: JSON.stringify({
        access_token: `token-${count}`,
        token_type: 'bearer',
        expires_in: count === 1 ? 1e-6 : 3600,
      }),
    }
  })
  await using api = await startEchoServer(() => ({}))
  const tools = toolsOf({ api, tokenUrl: tokens.url })
  for (let index = 0; index < 3; index++) await call(tools)
  expect(authorizations(api)).toEqual(['Bearer token-1', 'Bearer token-2', 'Bearer token-2'])
})

test('a token that the server refuses with 401 is requested again, and the request is repeated once', async () => {
  await using tokens = await startTokens()
  await using api = await startEchoServer(({ headers }) => {
    return headers.authorization === 'Bearer token-1' ? { status: 401, body: '{}' } : { body: '"taken"' }
  })
  const tools = toolsOf({ api, tokenUrl: tokens.url })
  await using session = await createSession({ hosts: sharedHosts('in-process'), tools })
  const outcome = await session.execute('text(await tools.shop__write({})); text(await tools.shop__write({}))')
  expect(outcome).toMatchObject({ items: [{ text: 'taken' }, { text: 'taken' }] })
  expect(authorizations(api)).toEqual(['Bearer token-1', 'Bearer token-2', 'Bearer token-2'])
  expect(session.ledger().map(({ state }) => state)).toEqual(['applied', 'applied'])
})

test('a second 401 ends the call', async () => {
  await using tokens = await startTokens()
  await using api = await startEchoServer(() => ({ status: 401, body: '{}' }))
  await expect(call(toolsOf({ api, tokenUrl: tokens.url }))).rejects.toThrow('GET /things returned 401')
  expect(authorizations(api)).toEqual(['Bearer token-1', 'Bearer token-2'])
})

test('a 401 after a redirect that can mean success does not repeat the request', async () => {
  await using tokens = await startTokens()
  await using api = await startEchoServer(({ method }) => {
    return method === 'POST'
      ? { status: 303, headers: { location: '/created' }, body: '' }
      : { status: 401, body: '{}' }
  })
  const error: unknown = await call(toolsOf({ api, tokenUrl: tokens.url }), 'write').catch((thrown: unknown) => thrown)
  expect(CodecellError.is(error, 'TOOL_OUTCOME_UNKNOWN')).toBe(true)
  expect(api.seen.filter(({ method }) => method === 'POST')).toHaveLength(1)
})

describe('a document cannot choose where the secret is sent', () => {
  const confirm = (tokenUrl: string, options: OpenApiOptions = {}): unknown => {
    const document = documentWith(oauth(tokenUrl), [{ oauth: [] }], { url: 'https://api.example.com' })
    return openApiTools(document, { name: 'shop', auth: { oauth: client }, ...options })
  }

  test.each([
    [
      'its own URL is not confirmed',
      'https://evil.example.com/token',
      {},
      'set "tokenUrl" to confirm where the secret is sent',
    ],
    ['its URL has the origin of its own server', 'https://api.example.com/token', {}, 'set "tokenUrl" to confirm'],
    [
      'its URL has another origin than the base URL',
      'https://evil.example.com/token',
      { baseUrl: 'https://api.example.com' },
      'the document names "https://evil.example.com/token" for tokens',
    ],
    [
      'its URL has another port than the base URL',
      'https://api.example.com:8443/token',
      { baseUrl: 'https://api.example.com' },
      'set "tokenUrl" to confirm',
    ],
    [
      'its URL is not encrypted',
      'http://api.example.com/token',
      { baseUrl: 'http://api.example.com' },
      'which is not encrypted',
    ],
    ['its URL is a file', 'file:///etc/passwd', { baseUrl: 'https://api.example.com' }, 'which is not encrypted'],
    ['it has no URL', '', {}, 'the document has no URL for tokens'],
  ])('when %s', (_name, tokenUrl, options, reason) => {
    expect(() => confirm(tokenUrl, options)).toThrow(reason)
    expect(() => confirm(tokenUrl, options)).not.toThrow('s3cret')
  })

  test('unless it has the origin of the base URL of the configuration', async () => {
    await using api = await startTokens()
    const document = documentWith(oauth('/oauth/token'), [{ oauth: [] }])
    const tools = openApiTools(document, { name: 'shop', auth: { oauth: client }, baseUrl: api.url })
    await call(tools)
    expect(api.seen.map(({ method, url }) => [method, url])).toEqual([
      ['POST', '/oauth/token'],
      ['GET', '/things'],
    ])
  })

  test('also not by a redirect of the authorization server', async () => {
    await using evil = await startTokens()
    await using tokens = await startEchoServer(() => ({ status: 307, headers: { location: evil.url }, body: '' }))
    await using api = await startEchoServer(() => ({}))
    await expect(call(toolsOf({ api, tokenUrl: tokens.url }))).rejects.toThrow('redirects, which is refused')
    expect([evil.seen, api.seen]).toEqual([[], []])
  })
})

describe('without a token the call fails and no request is sent', () => {
  const answers: readonly (readonly [name: string, answer: Answer, reason: string])[] = [
    [
      'an error of OAuth',
      {
        status: 400,
        body: JSON.stringify({ error: 'invalid_scope', error_description: `not for ${client.clientSecret}` }),
      },
      'it returned 400 Bad Request: invalid_scope: not for [redacted]',
    ],
    ['401', { status: 401, body: '{"error":"invalid_client"}' }, 'it returned 401 Unauthorized: invalid_client'],
    ['a time to wait', { status: 429, headers: { 'retry-after': '7' }, body: '' }, '(retry after 7 s)'],
    ['no token', { body: '{}' }, 'its response has no access token'],
    ['a page', { headers: { 'content-type': 'text/html' }, body: '<html>' }, 'its response has no access token'],
    [
      'a line break in a token',
      { body: JSON.stringify({ access_token: 'a\r\nX: y' }) },
      'its response has no access token',
    ],
    [
      'a token of another type',
      { body: JSON.stringify({ access_token: 'a', token_type: 'mac' }) },
      'its token has the type "mac"',
    ],
  ]
  test.each(answers)('after %s', async (_name, answer, reason) => {
    await using tokens = await startEchoServer(() => answer)
    await using api = await startEchoServer(() => ({}))
    const error: unknown = await call(toolsOf({ api, tokenUrl: tokens.url }), 'write').catch(
      (thrown: unknown) => thrown,
    )
    const head = `POST /things was not sent: cannot get a token for security scheme "oauth" from ${tokens.url}: `
    expect(CodecellError.is(error, 'TOOL_FAILED') && error.message).toContain(head)
    expect(String(error)).toContain(reason)
    expect(api.seen).toEqual([])
  })

  test('when the authorization server cannot be reached', async () => {
    await using api = await startEchoServer(() => ({}))
    const unused = await startEchoServer(() => ({}))
    await unused[Symbol.asyncDispose]()
    const error: unknown = await call(toolsOf({ api, tokenUrl: unused.url }), 'write').catch(
      (thrown: unknown) => thrown,
    )
    expect(CodecellError.is(error, 'TOOL_FAILED') && error.message).toContain(
      'it cannot be reached: connect ECONNREFUSED',
    )
  })
})

describe('an issuer', () => {
  const scheme = {
    oidc: { type: 'openIdConnect', openIdConnectUrl: 'https://evil.example.com/.well-known/openid-configuration' },
  }
  const metadata = (issuer: string, own: object = {}): Answer => {
    return { body: JSON.stringify({ issuer, token_endpoint: `${issuer}/token`, ...own }) }
  }
  const issuedBy = async (
    answer: (url: string) => Answer,
  ): Promise<{ url: string; seen: SeenRequest[] } & AsyncDisposable> => {
    let own = ''
    const server = await startTokens((_, { url }) => (url.startsWith('/.well-known') ? answer(own) : {}))
    own = server.url
    return server
  }

  test('names its token endpoint, which is looked up once', async () => {
    await using issuer = await issuedBy((url) =>
      metadata(url, { token_endpoint_auth_methods_supported: ['client_secret_post'] }),
    )
    await using api = await startEchoServer(() => ({}))
    const document = documentWith(scheme, [{ oidc: ['openid'] }], { url: api.url })
    const tools = openApiTools(document, { name: 'shop', auth: { oidc: { ...client, issuer: issuer.url } } })
    await call(tools)
    await call(tools)
    expect(issuer.seen.map(({ method, url }) => [method, url])).toEqual([
      ['GET', '/.well-known/openid-configuration'],
      ['POST', '/token'],
    ])
    expect(issuer.seen[1]?.body).toContain('client_secret=')
    expect(authorizations(api)).toEqual(['Bearer token-2', 'Bearer token-2'])
  })

  test.each([
    ['another issuer', () => metadata('https://evil.example.com'), 'are of another issuer'],
    ['no endpoint', (url: string) => metadata(url, { token_endpoint: undefined }), 'have no token endpoint'],
    [
      'an endpoint that is not encrypted',
      (url: string) => metadata(url, { token_endpoint: 'http://evil.example.com' }),
      'have no token endpoint with https',
    ],
    [
      'a redirect',
      () => ({ status: 302, headers: { location: 'https://evil.example.com' }, body: '' }),
      'redirects, which is refused',
    ],
    ['404', () => ({ status: 404, body: '' }), 'returned 404'],
  ])('with metadata of %s gets no secret', async (_name, answer, reason) => {
    await using issuer = await issuedBy(answer)
    await using api = await startEchoServer(() => ({}))
    const document = documentWith(scheme, [{ oidc: [] }], { url: api.url })
    const tools = openApiTools(document, { name: 'shop', auth: { oidc: { ...client, issuer: issuer.url } } })
    await expect(call(tools)).rejects.toThrow(reason)
    expect(issuer.seen.map(({ method }) => method)).toEqual(['GET'])
    expect(api.seen).toEqual([])
  })

  test('that is not encrypted is refused', () => {
    const document = documentWith(scheme, [{ oidc: [] }], { url: 'https://api.example.com' })
    const auth = { oidc: { ...client, issuer: 'http://login.example.com' } }
    expect(() => openApiTools(document, { auth })).toThrow('"issuer" must have https://')
  })

  test('of the document must be confirmed', () => {
    const document = documentWith(scheme, [{ oidc: [] }], { url: 'https://api.example.com' })
    expect(() => openApiTools(document, { auth: { oidc: client } })).toThrow('set "issuer" or "tokenUrl" to confirm')
  })
})
