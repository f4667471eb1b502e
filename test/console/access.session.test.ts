import { describe, expect, test } from 'vitest'
import { createSession } from '../../src/index.ts'
import { routes } from '../../src/console/server/routes.ts'
import type { ConsoleServer } from '../../src/console.ts'
import { newFolder } from '../support/folder.ts'
import { sharedHosts } from '../support/hosts.ts'
import { annToken, headersOf, readerToken, send, startConsole, type Sent } from './console-client.ts'

/** Every endpoint, with its method. */
const endpoints = Object.entries(routes).map(([path, { method, scope }]) => ({ path, method, scope }))

async function newConsole(readOnly: boolean = false): Promise<ConsoleServer> {
  const storage = newFolder()
  await using session = await createSession({ storage, sessionId: 's', hosts: sharedHosts('in-process') })
  await session.execute('text(1)')
  return await startConsole({ storage, readOnly })
}

const body = { sessionId: 's', cellId: '1' }

describe('a request to each endpoint of the console', () => {
  test.each<[string, (endpoint: { readonly method: string }) => Sent, number]>([
    ['without a token', () => ({ headers: { 'x-codecell-console': '1', 'content-type': 'application/json' } }), 401],
    ['with another token', () => ({ headers: headersOf('another-0123456789') }), 401],
    [
      'with a cookie that is not a login',
      () => ({ headers: { cookie: 'codecell-console=x', 'x-codecell-console': '1' } }),
      401,
    ],
    [
      'of a page of another origin',
      () => ({ headers: { ...headersOf(annToken), origin: 'http://evil.example' } }),
      403,
    ],
    ['of another site', () => ({ headers: { ...headersOf(annToken), 'sec-fetch-site': 'cross-site' } }), 403],
    [
      'of another port of this host',
      () => ({ headers: { ...headersOf(annToken), 'sec-fetch-site': 'same-site' } }),
      403,
    ],
    ['under another host name', () => ({ headers: { ...headersOf(annToken), host: 'evil.example' } }), 403],
    ['with the method PUT', () => ({ method: 'PUT', headers: headersOf(annToken) }), 405],
  ])('%s is refused with an error in JSON', async (_, sentOf, status) => {
    const server = await newConsole()
    for (const { path, method } of endpoints) {
      const sent = sentOf({ method })
      const reply = await send(server, path, { method, ...(method === 'POST' ? { body } : {}), ...sent })
      // After many refused tokens, all further ones are.
      expect([status, ...(status === 401 ? [429] : [])], `${method} ${path}`).toContain(reply.status)
      expect(reply.json).toMatchObject({ error: { code: expect.any(String), message: expect.any(String) } })
    }
  })

  test('that acts is refused for a token with the scope "read" only', async () => {
    const server = await newConsole()
    for (const { path, method, scope } of endpoints) {
      if (scope === 'read') continue
      const reply = await send(server, path, { method, body, headers: headersOf(readerToken) })
      expect(reply.status, path).toBe(403)
      expect(reply.json).toMatchObject({ error: { code: 'FORBIDDEN' } })
    }
  })

  test('that acts is refused by a console that only reads', async () => {
    const server = await newConsole(true)
    for (const { path, method, scope } of endpoints) {
      if (scope === 'read') continue
      const reply = await send(server, path, { method, body, headers: headersOf(annToken) })
      expect(reply.json, path).toMatchObject({ error: { code: 'READ_ONLY' } })
    }
  })

  test('that acts is refused without the header of the page', async () => {
    const server = await newConsole()
    const { 'x-codecell-console': _own, ...headers } = headersOf(annToken)
    for (const { path, method } of endpoints) {
      if (method !== 'POST') continue
      const reply = await send(server, path, { method, body, headers })
      expect(reply.status, path).toBe(403)
    }
  })

  test('that has no valid target is a bad request', async () => {
    const server = await newConsole()
    for (const path of ['//', '//[', 'http://[', '/\\[', '*']) {
      const reply = await send(server, path, { headers: headersOf(annToken) })
      expect([path, reply.status]).toEqual([path, path === '*' ? 404 : 400])
    }
  })

  test('has headers with which no other page can show, read or store it', async () => {
    const server = await newConsole()
    const replies = await Promise.all([send(server, '/'), send(server, '/api/me', { headers: headersOf(annToken) })])
    for (const { headers } of replies) {
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'cross-origin-resource-policy': 'same-origin',
      })
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
      expect(headers['content-security-policy']).not.toContain('unsafe')
    }
  })
})

describe('a login', () => {
  test('gives a cookie that scripts and other sites do not get, and that ends with the logout', async () => {
    const server = await newConsole()
    const headers = { 'x-codecell-console': '1', 'content-type': 'application/json' }
    const login = await send(server, '/api/login', { method: 'POST', headers, body: { token: annToken, name: 'Eve' } })
    expect(login.json).toMatchObject({ name: 'Ann', isClaimed: false, scopes: ['read', 'approve'] })
    const [set = ''] = login.headers['set-cookie'] ?? []
    expect(set).toMatch(/^codecell-console-\d+=[\w-]{43}; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Strict$/)
    const cookie = set.split(';', 1).join('')
    expect((await send(server, '/api/me', { headers: { cookie } })).status).toBe(200)
    // A form of another page sends the cookie only, if at all.
    const form = { method: 'POST', body, headers: { cookie, 'content-type': 'text/plain' } }
    expect((await send(server, '/api/terminate', form)).status).toBe(403)
    expect(
      (await send(server, '/api/logout', { method: 'POST', body: {}, headers: { ...headers, cookie } })).status,
    ).toBe(200)
    expect((await send(server, '/api/me', { headers: { cookie } })).status).toBe(401)
  })

  test('is refused after ten wrong tokens, also with the right one', async () => {
    const server = await newConsole()
    const headers = { 'x-codecell-console': '1', 'content-type': 'application/json' }
    const logIn = async (token: string): Promise<number> =>
      (await send(server, '/api/login', { method: 'POST', headers, body: { token } })).status
    for (let attempt = 0; attempt < 10; attempt++) expect(await logIn(`wrong-0123456789-${attempt}`)).toBe(401)
    const refused = await send(server, '/api/login', { method: 'POST', headers, body: { token: annToken } })
    expect(refused.status).toBe(429)
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
  })

  test('of a cookie that is sent with a secure origin is secure', async () => {
    const server = await newConsole()
    const { host } = new URL(server.url)
    const headers = { 'x-codecell-console': '1', 'content-type': 'application/json', origin: `https://${host}` }
    const login = await send(server, '/api/login', { method: 'POST', headers, body: { token: annToken } })
    expect(login.headers['set-cookie']?.join('')).toContain('; Secure')
  })
})

test('a body that is too large, or not JSON, is refused', async () => {
  const server = await newConsole()
  const headers = headersOf(annToken)
  const large = { sessionId: 'x'.repeat(2 ** 21) }
  expect((await send(server, '/api/terminate', { method: 'POST', headers, body: large })).status).toBe(413)
  const plain = { ...headers, 'content-type': 'text/plain' }
  expect((await send(server, '/api/terminate', { method: 'POST', headers: plain, body })).status).toBe(415)
  for (const wrong of [null, [], 'text', {}, { sessionId: 7 }, { sessionId: '../x', cellId: '1' }]) {
    const reply = await send(server, '/api/terminate', { method: 'POST', headers, body: wrong })
    expect(reply.status, JSON.stringify(wrong)).toBe(400)
  }
})
