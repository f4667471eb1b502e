import { createServer } from 'node:http'
import { once } from 'node:events'
import { Provider } from 'oidc-provider'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createSession } from '../../../src/index.ts'
import { openApiTools, type OpenApiOAuthClient } from '../../../src/openapi.ts'
import { documentWith } from '../../fixtures/api-with-security.ts'
import { startEchoServer } from '../../fixtures/echo-http-server.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { textsOf } from '../../support/texts.ts'

// The server warns that it is for development.
beforeAll(() => {
  for (const method of ['warn', 'info'] as const) vi.spyOn(console, method).mockReturnValue()
})
afterAll(() => {
  vi.restoreAllMocks()
})

/** Starts a certified authorization server with one client for each method of authentication. */
async function startProvider(): Promise<{ readonly url: string; readonly provider: Provider } & AsyncDisposable> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  const common = { grant_types: ['client_credentials'], redirect_uris: [], response_types: [] }
  const provider = new Provider(url, {
    clients: [
      { ...common, client_id: 'basic', client_secret: 's+cr/t', token_endpoint_auth_method: 'client_secret_basic' },
      { ...common, client_id: 'post', client_secret: 's+cr/t', token_endpoint_auth_method: 'client_secret_post' },
    ],
    scopes: ['read', 'write'],
    features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
  })
  const handle = provider.callback()
  server.on('request', (request, response) => void handle(request, response))
  return {
    url,
    provider,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const clients: readonly (readonly [name: string, own: (url: string) => OpenApiOAuthClient])[] = [
  ['the header', (url) => ({ clientId: 'basic', clientSecret: 's+cr/t', tokenUrl: `${url}/token` })],
  ['the body', (url) => ({ clientId: 'post', clientSecret: 's+cr/t', tokenUrl: `${url}/token`, clientAuth: 'post' })],
  [
    'the header, with the metadata of the issuer',
    (url) => ({ clientId: 'basic', clientSecret: 's+cr/t', issuer: url }),
  ],
]
test.each(clients)(
  'an authorization server issues the token of a call to a client with its secret in %s',
  async (_name, clientOf) => {
    await using authorization = await startProvider()
    const scopes: unknown[] = []
    const server = await startEchoServer(() => ({ body: '"taken"' }))
    await using api = server
    const schemes = {
      oauth: { type: 'oauth2', flows: { clientCredentials: { tokenUrl: 'https://x.invalid', scopes: {} } } },
    }
    const document = documentWith(schemes, [{ oauth: ['read'] }], { url: api.url })
    const tools = openApiTools(document, { name: 'shop', auth: { oauth: clientOf(authorization.url) } })
    await using session = await createSession({ hosts: sharedHosts('in-process'), tools })
    const outcome = await session.execute('text(await tools.shop__read({})); text(await tools.shop__write({}))')
    expect(textsOf(outcome)).toEqual(['taken', 'taken'])
    for (const { headers } of api.seen) {
      const token = headers.authorization?.replace('Bearer ', '') ?? ''
      const found = await authorization.provider.ClientCredentials.find(token)
      scopes.push(found?.scope)
    }
    expect(scopes).toEqual(['read', 'read'])
    expect(new Set(api.seen.map(({ headers }) => headers.authorization)).size).toBe(1)
  },
)

test('a wrong secret fails the call with the error of the authorization server', async () => {
  await using authorization = await startProvider()
  await using api = await startEchoServer(() => ({}))
  const schemes = { oauth: { type: 'oauth2', flows: {} } }
  const document = documentWith(schemes, [{ oauth: [] }], { url: api.url })
  const client = { clientId: 'basic', clientSecret: 'wrong-secret', tokenUrl: `${authorization.url}/token` }
  const tools = openApiTools(document, { name: 'shop', auth: { oauth: client } })
  await using session = await createSession({ hosts: sharedHosts('in-process'), tools })
  const outcome = await session.execute('await tools.shop__write({}).catch((error) => text(error))')
  expect(textsOf(outcome).join('')).toMatch(/was not sent: .* it returned 401 Unauthorized: invalid_client/)
  expect(session.ledger().map(({ state }) => state)).toEqual(['failed'])
  expect(api.seen).toEqual([])
})
