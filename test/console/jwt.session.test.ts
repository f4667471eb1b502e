import { createSecretKey } from 'node:crypto'
import { generateKeyPair, SignJWT, UnsecuredJWT } from 'jose'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { ApprovalPage, ConsoleEvent, DecideResponse, DecisionPage } from '../../src/console/api.ts'
import type { ConsoleServer } from '../../src/console.ts'
import { routes } from '../../src/console/server/routes.ts'
import { createSession } from '../../src/index.ts'
import { newFolder } from '../support/folder.ts'
import { sharedHosts } from '../support/hosts.ts'
import { audience, type Issuer } from '../mcp-server/fleet/issuer.ts'
import { ask, headersOf, send } from './console-client.ts'
import { startJwtConsole } from './jwt-console.ts'

const hosts = sharedHosts('in-process')
const pageHeaders = { 'x-codecell-console': '1', 'content-type': 'application/json' }
const now = (): number => Math.floor(Date.now() / 1000)

/** Returns the statuses of a request with a token, and of a login with it. */
async function statusesOf(server: ConsoleServer, token: string): Promise<readonly number[]> {
  const bearer = await send(server, '/api/me', { headers: headersOf(token) })
  const login = await send(server, '/api/login', { method: 'POST', headers: pageHeaders, body: { token } })
  expect(login.headers['set-cookie'] === undefined).toBe(login.status !== 200)
  return [bearer.status, login.status]
}

function signed(issuer: Issuer): SignJWT {
  return new SignJWT({ iss: issuer.url, aud: audience, sub: 'ann', scope: 'read approve', exp: now() + 600 })
}

describe('a token of an issuer, sent with a request and as a login,', () => {
  test('is accepted while it is valid, and its subject is the name of the user', async () => {
    const { server, issuer } = await startJwtConsole({ storage: newFolder() })
    const token = await issuer.token({ sub: 'ann', scope: 'read approve run' })
    expect(await statusesOf(server, token)).toEqual([200, 200])
    const login = await send(server, '/api/login', {
      method: 'POST',
      headers: pageHeaders,
      body: { token, name: 'Eve' },
    })
    expect(login.json).toMatchObject({ name: 'ann', isClaimed: false, scopes: ['read', 'approve'], tenant: null })
  })

  test.each<[string, (issuer: Issuer) => Promise<string>]>([
    ['has expired', (issuer) => issuer.token({ exp: now() - 60, scope: 'read' })],
    ['never expires', (issuer) => issuer.token({ exp: undefined, scope: 'read' })],
    ['is not valid yet', (issuer) => issuer.token({ nbf: now() + 600, scope: 'read' })],
    ['is for another audience', (issuer) => issuer.token({ aud: 'https://other.example', scope: 'read' })],
    ['has no audience', (issuer) => issuer.token({ aud: undefined, scope: 'read' })],
    ['is of another issuer', (issuer) => issuer.token({ iss: 'https://evil.example', scope: 'read' })],
    ['has no subject', (issuer) => issuer.token({ sub: undefined, scope: 'read' })],
    [
      'has another signature',
      async (issuer) => {
        const { privateKey } = await generateKeyPair('ES256')
        return await signed(issuer)
          .setProtectedHeader({ alg: 'ES256', kid: issuer.keys[0]?.id ?? '' })
          .sign(privateKey)
      },
    ],
    [
      'has the algorithm none',
      async (issuer) =>
        new UnsecuredJWT({ iss: issuer.url, aud: audience, sub: 'ann', scope: 'read', exp: now() + 600 }).encode(),
    ],
    [
      'is signed with the public key as a common secret',
      async (issuer) => {
        const { shown, id } = issuer.keys[0] ?? { shown: {}, id: '' }
        const secret = createSecretKey(Buffer.from(JSON.stringify(shown)))
        return await signed(issuer).setProtectedHeader({ alg: 'HS256', kid: id }).sign(secret)
      },
    ],
  ])('is refused when it %s', async (_, token) => {
    const { server, issuer } = await startJwtConsole({ storage: newFolder() })
    expect(await statusesOf(server, await token(issuer))).toEqual([401, 401])
  })

  test.each(['approve', 'run', 'reader', '', undefined])('is refused with the scopes "%s"', async (scope) => {
    const { server, issuer } = await startJwtConsole({ storage: newFolder() })
    const token = await issuer.token({ scope })
    expect(await statusesOf(server, token)).toEqual([403, 403])
    for (const [path, { method }] of Object.entries(routes)) {
      const body = method === 'POST' ? { body: {} } : {}
      const reply = await send(server, path, { method, headers: headersOf(token), ...body })
      expect([path, reply.status]).toEqual([path, 403])
    }
  })

  test('reads and does not act without the scope "approve"', async () => {
    const { server, issuer } = await startJwtConsole({ storage: newFolder() })
    const headers = headersOf(await issuer.token({ scope: 'read' }))
    expect((await send(server, '/api/cells', { headers })).status).toBe(200)
    const actions = Object.entries(routes).filter(([, { method }]) => method === 'POST')
    expect(actions.length).toBeGreaterThan(5)
    for (const [path] of actions) {
      const reply = await send(server, path, { method: 'POST', headers, body: {} })
      expect([path, reply.status, reply.json]).toMatchObject([path, 403, { error: { code: 'FORBIDDEN' } }])
    }
  })

  test('is not blamed while the issuer is away', async () => {
    const { server, issuer } = await startJwtConsole({ storage: newFolder() })
    issuer.status = 500
    const token = await issuer.token({ scope: 'read' })
    for (let attempt = 0; attempt < 12; attempt++) {
      const { status, json } = await send(server, '/api/me', { headers: headersOf(token) })
      expect([status, json]).toMatchObject([503, { error: { code: 'UNAVAILABLE' } }])
    }
  })
})

test('A decision is recorded with the subject of the token, whatever name the user types', async () => {
  const storage = newFolder()
  const tools = [{ name: 'mail', needsApproval: 'ask' as const, call: () => 'sent' }]
  const session = await createSession({ hosts, storage, sessionId: 's', tools, approvals: { hold: true } })
  onTestFinished(async () => await session.close())
  const { server, issuer } = await startJwtConsole({ storage })
  const token = await issuer.token({ sub: 'auth0|ann', scope: 'read approve' })
  await session.execute('await tools.mail({})', { yieldTimeMs: 0 })
  const pending = async (): Promise<ApprovalPage> => await ask<ApprovalPage>(server, '/api/approvals', undefined, token)
  await expect.poll(async () => (await pending()).total).toBe(1)
  const [call] = (await pending()).items[0]?.groups[0]?.calls ?? []
  const response = await ask<DecideResponse>(
    server,
    '/api/decide',
    {
      sessionId: 's',
      calls: [{ key: call?.key, inputHash: call?.inputHash, toolDigest: call?.toolDigest }],
      decision: { type: 'allow' },
      requestId: 'r',
      decidedBy: 'Eve',
      name: 'Eve',
    },
    token,
  )
  expect(response.error).toBeNull()
  expect(await session.observe('1')).toMatchObject({ type: 'completed' })
  await expect
    .poll(async () => (await ask<DecisionPage>(server, '/api/decisions', undefined, token)).items)
    .toMatchObject([{ decidedBy: 'auth0|ann' }])
})

test('A cookie, its streams and those of a token end when the token expires', async () => {
  const { server, issuer } = await startJwtConsole({ storage: newFolder() })
  const exp = now() + 3
  const token = await issuer.token({ scope: 'read', exp })
  const login = await send(server, '/api/login', { method: 'POST', headers: pageHeaders, body: { token } })
  const [set = ''] = login.headers['set-cookie'] ?? []
  expect(Number(/Max-Age=(\d+)/.exec(set)?.[1])).toBeLessThanOrEqual(3)
  const cookie = set.split(';', 1).join('')
  expect((await send(server, '/api/me', { headers: { cookie } })).status).toBe(200)
  // A response of a stream is complete when the server ends it.
  const ends = await Promise.all(
    [{ cookie }, headersOf(token)].map(async (headers) => {
      const { text } = await send(server, '/api/events', { headers })
      const events: ConsoleEvent[] = text
        .split('\n\n')
        .filter((part) => part.startsWith('data: '))
        .map((part) => JSON.parse(part.slice(6)))
      return { last: events.at(-1)?.type, lateMs: Date.now() - exp * 1000 }
    }),
  )
  for (const { last, lateMs } of ends) {
    expect(last).toBe('logged_out')
    expect(lateMs).toBeGreaterThan(-100)
    expect(lateMs).toBeLessThan(10_000)
  }
  expect((await send(server, '/api/me', { headers: { cookie } })).status).toBe(401)
})
