import { join } from 'node:path'
import { createSecretKey } from 'node:crypto'
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { readSessions } from '../../../src/index.ts'
import { createMcpServer, serveHttp, type JwtOptions } from '../../../src/mcp-server.ts'
import { sqliteStore } from '../../../src/store.ts'
import { newFolder } from '../../support/folder.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { filledWithApproval } from '../served.ts'
import { connectTo, exec, startNode, wait } from './fleet.ts'
import { audience, Issuer } from './issuer.ts'

async function serve(issuer: Issuer, jwt: Partial<JwtOptions> = {}): Promise<string> {
  const path = join(newFolder(), 'store.db')
  const node = await startNode({ path, http: { tokens: [], jwt: { issuer: issuer.url, audience, ...jwt } } })
  return node.url
}

/** Sends a request with a token. Returns the status and the challenge. */
async function ask(url: string, token: string): Promise<readonly [number, string | null]> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'raw', version: '1' } },
    }),
  })
  await response.text()
  return [response.status, response.headers.get('www-authenticate')]
}

const metadata = 'resource_metadata="https://mcp.example/.well-known/oauth-protected-resource/mcp"'
const past = Math.floor(Date.now() / 1000) - 3600

describe('a server with the tokens of an issuer', () => {
  test('accepts a valid token, and says where tokens come from', async () => {
    const issuer = await Issuer.start()
    const url = await serve(issuer)
    expect(await ask(url, await issuer.token())).toEqual([200, null])
    expect(await ask(url, await issuer.token({ aud: ['https://other.example', audience] }))).toEqual([200, null])
    expect(await ask(url, await issuer.token({ scope: undefined, scp: ['run'] }))).toEqual([200, null])
    const described = await fetch(new URL('/.well-known/oauth-protected-resource/mcp', url))
    expect(await described.json()).toMatchObject({ resource: audience, authorization_servers: [issuer.url] })
  })

  test.each<[string, (issuer: Issuer) => Promise<string>]>([
    ['of another issuer', (issuer) => issuer.token({ iss: 'https://evil.example' })],
    ['for another audience', (issuer) => issuer.token({ aud: 'https://other.example' })],
    ['without an audience', (issuer) => issuer.token({ aud: undefined })],
    ['that has expired', (issuer) => issuer.token({ exp: past })],
    ['without an expiry', (issuer) => issuer.token({ exp: undefined })],
    ['that is not valid yet', (issuer) => issuer.token({ nbf: past + 7200 })],
    ['without a subject', (issuer) => issuer.token({ sub: undefined })],
    ['with an empty subject', (issuer) => issuer.token({ sub: '' })],
    ['with an unknown key', (issuer) => issuer.token({}, { kid: 'unknown' })],
    [
      'with a changed payload',
      async (issuer) => (await issuer.token()).replace(/\.(.)/, (_, first) => `.${first === 'e' ? 'f' : 'e'}`),
    ],
    ['with a changed signature', async (issuer) => `${(await issuer.token()).slice(0, -8)}AAAAAAAA`],
    [
      'with the key of someone else',
      async (issuer) => {
        const { privateKey } = await generateKeyPair('ES256')
        const kid = issuer.keys[0]?.id ?? ''
        return await signed(issuer).setProtectedHeader({ alg: 'ES256', kid }).sign(privateKey)
      },
    ],
    [
      'with its own key in its header',
      async (issuer) => {
        const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
        const jwk = await exportJWK(publicKey)
        return await signed(issuer).setProtectedHeader({ alg: 'ES256', jwk }).sign(privateKey)
      },
    ],
    [
      'with the algorithm none',
      async (issuer) =>
        new UnsecuredJWT({ iss: issuer.url, aud: audience, sub: 'user', scope: 'run', exp: past + 7200 }).encode(),
    ],
    [
      'with the public key as a common secret',
      async (issuer) => {
        const { shown, id } = issuer.keys[0] ?? { shown: {}, id: '' }
        const secret = createSecretKey(Buffer.from(JSON.stringify(shown)))
        return await signed(issuer).setProtectedHeader({ alg: 'HS256', kid: id }).sign(secret)
      },
    ],
    ['that is no token', async () => 'no-token'],
    ['with three empty parts', async () => '..'],
  ])('refuses a token %s', async (_, token) => {
    const issuer = await Issuer.start()
    const url = await serve(issuer)
    expect(await ask(url, await token(issuer))).toEqual([401, `Bearer error="invalid_token", ${metadata}`])
  })

  test('refuses a request without a token, and a token without the scope to run', async () => {
    const issuer = await Issuer.start()
    const url = await serve(issuer)
    const response = await fetch(url, { method: 'POST' })
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, `Bearer ${metadata}`])
    const insufficient = `Bearer error="insufficient_scope", scope="run", ${metadata}`
    for (const scope of ['approve', '', 'runner', undefined]) {
      expect(await ask(url, await issuer.token({ scope }))).toEqual([403, insufficient])
    }
  })

  test('accepts a new key of the issuer, and refuses a removed one in a new server', async () => {
    const issuer = await Issuer.start()
    const url = await serve(issuer)
    const old = await issuer.token()
    expect((await ask(url, old))[0]).toBe(200)
    await issuer.addKey('RS256')
    const token = await issuer.token()
    await expect.poll(async () => (await ask(url, token))[0], { timeout: 20_000 }).toBe(200)
    const { requests } = issuer
    for (let n = 0; n < 20; n++) expect((await ask(url, await issuer.token({}, { kid: `unknown-${n}` })))[0]).toBe(401)
    // Unknown keys in tokens do not cause a request each.
    expect(issuer.requests - requests).toBeLessThan(10)
    issuer.removeOldKeys()
    expect((await ask(await serve(issuer), old))[0]).toBe(401)
  })

  test('does not blame a token when the issuer is away', async () => {
    const issuer = await Issuer.start()
    issuer.status = 500
    const url = await serve(issuer)
    const token = await issuer.token()
    expect((await ask(url, token))[0]).toBe(503)
    issuer.status = 200
    await expect.poll(async () => (await ask(url, token))[0], { timeout: 20_000 }).toBe(200)
  })

  test('uses given keys without asking the issuer', async () => {
    const issuer = await Issuer.start()
    const url = await serve(issuer, { keys: { keys: issuer.keys.map(({ shown }) => shown) } })
    expect((await ask(url, await issuer.token()))[0]).toBe(200)
    expect(issuer.requests).toBe(0)
  })
})

function signed(issuer: Issuer): SignJWT {
  return new SignJWT({ iss: issuer.url, aud: audience, sub: 'user', scope: 'run', exp: past + 7200 })
}

describe('the sessions of callers with tokens of an issuer', () => {
  test('are found with a newer token of the same subject, and not by another subject or tenant', async () => {
    const issuer = await Issuer.start()
    const path = join(newFolder(), 'store.db')
    const jwt = { issuer: issuer.url, audience, tenantClaim: 'org' }
    const urls: string[] = []
    for (let n = 0; n < 2; n++) urls.push((await startNode({ path, http: { tokens: [], jwt } })).url)
    const as = async (org: unknown, sub: string): ReturnType<typeof connectTo> =>
      await connectTo(urls, { token: await issuer.token({ org, sub }) })
    const { client } = await as('acme', 'ann')
    expect(await exec(client, 'store("n", 1); text("stored")')).toContain('stored')
    expect(await exec(client, 'yield_control(); await new Promise(() => {})')).toContain('cell ID 2')
    const { client: again } = await as('acme', 'ann')
    expect(await exec(again, 'text(`n is ${load("n")}`)')).toContain('n is 1')
    for (const [org, sub] of [
      ['acme', 'bob'],
      ['other', 'ann'],
    ] as const) {
      const { client: other } = await as(org, sub)
      expect(await wait(other, '2')).toContain('exec cell 2 not found')
      expect(await exec(other, 'text(`n is ${load("n")}`)')).toContain('n is undefined')
    }
    for (const [tenant, count] of [
      ['acme', 2],
      ['other', 1],
      ['default', 0],
    ] as const) {
      await using store = sqliteStore(path, { tenant })
      expect(await readSessions({ store })).toHaveLength(count)
    }
    for (const org of [undefined, '', 'a/b', 7, ['acme'], 'x'.repeat(129)]) {
      expect((await ask(urls[0] ?? '', await issuer.token({ org })))[0]).toBe(401)
    }
  })

  test('of every tenant are opened when they are due, also by a server that has not seen the tenant', async () => {
    const issuer = await Issuer.start()
    const path = join(newFolder(), 'store.db')
    const options = { path, http: { tokens: [], jwt: { issuer: issuer.url, audience, tenantClaim: 'org' } } }
    const first = await startNode(options)
    const { client } = await connectTo([first.url], { token: await issuer.token({ org: 'acme' }) })
    const code = 'yield_control(); await new Promise((go) => setTimeout(go, 500)); text("after")'
    expect(await exec(client, code)).toContain('cell ID 1')
    await first[Symbol.asyncDispose]()
    await startNode(options)
    await using store = sqliteStore(path, { tenant: 'acme' })
    const sessions = async (): Promise<readonly unknown[]> => await readSessions({ store })
    await expect.poll(sessions, { timeout: 20_000 }).toMatchObject([{ cells: { finished: 1 } }])
  })

  test('of another tenant look like unknown ones', async () => {
    const issuer = await Issuer.start()
    const url = await serve(issuer, { tenantClaim: 'org' })
    const { transport } = await connectTo([url], { era: 'legacy', token: await issuer.token({ org: 'acme' }) })
    const status = async (claims: object): Promise<number> => {
      const headers = {
        authorization: `Bearer ${await issuer.token({ ...claims })}`,
        'mcp-session-id': transport.sessionId ?? '',
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
      }
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' })
      const response = await fetch(url, { method: 'POST', headers, body })
      await response.text()
      return response.status
    }
    expect(await status({ org: 'acme' })).toBe(200)
    expect(await status({ org: 'other' })).toBe(404)
    expect(await status({ org: 'acme', sub: 'another' })).toBe(404)
  })

  test('need the scope to approve for decisions about their calls', async () => {
    const issuer = await Issuer.start()
    const calls: unknown[] = []
    const drop = { name: 'drop', annotations: { destructiveHint: true }, call: (input: unknown) => calls.push(input) }
    const path = join(newFolder(), 'store.db')
    const jwt = { issuer: issuer.url, audience }
    const node = await startNode({ path, tools: [drop], http: { tokens: [], jwt }, settings: { maxYieldTimeMs: 300 } })
    const forms: string[] = []
    const as = async (scope: string, canAsk: boolean): ReturnType<typeof connectTo> =>
      await connectTo([node.url], { token: await issuer.token({ scope }), canAsk }, (client) => {
        if (!canAsk) return
        client.setRequestHandler('elicitation/create', ({ params }) => {
          forms.push(params.message)
          return {
            action: 'accept',
            content: 'requestedSchema' in params ? filledWithApproval(params.requestedSchema) : {},
          }
        })
      })
    for (const canAsk of [true, false]) {
      const { client } = await as('run', canAsk)
      expect(await exec(client, 'await tools.drop({}); text("dropped")')).toContain('Script running')
    }
    expect([calls, forms]).toEqual([[], []])
    const { client } = await as('run approve', true)
    expect(await wait(client, '1')).toContain('dropped')
    expect([calls, forms]).toMatchObject([{ length: 1 }, { length: 1 }])
  })
})

test.each<[string, Partial<JwtOptions>]>([
  ['http: beyond loopback', { issuer: 'http://issuer.example' }],
  ['no URL', { issuer: 'issuer' }],
  ['keys over http:', { keys: 'http://issuer.example/keys' }],
  ['an empty audience', { audience: '' }],
  ['an unknown option', Object.assign({ audience }, { algorithms: ['none'] })],
  ['tenants without a fleet', { tenantClaim: 'org' }],
])('serveHttp refuses options of tokens with %s', async (_, jwt) => {
  await using server = createMcpServer({ tools: [], hosts: sharedHosts('in-process') })
  const options = { tokens: [], jwt: { issuer: 'https://issuer.example', audience, ...jwt } }
  await expect(serveHttp(server, options)).rejects.toMatchObject({ code: 'INVALID_OPTION' })
})
