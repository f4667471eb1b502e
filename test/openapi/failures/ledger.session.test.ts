import type { ServerResponse } from 'node:http'
import { describe, expect, test } from 'vitest'
import { createSession } from '../../../src/index.ts'
import { openApiTools } from '../../../src/openapi.ts'
import { makeCertificates } from '../../fixtures/certificates.ts'
import { serveHttp, serveNothing, serveSelfSigned, unusedUrl, type ScriptedServer } from '../../fixtures/http-script.ts'
import { newFolder } from '../../support/folder.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { textsOf } from '../../support/texts.ts'

/** A form of a failure, the state of a `POST` in the ledger, and a part of the text that the cell receives. */
type Form = readonly [name: string, start: () => Promise<ScriptedServer | string>, state: string, text: string]

const responds =
  (status: number, { headers = {}, body = '{}' }: { headers?: Record<string, string>; body?: string } = {}) =>
  (): Promise<ScriptedServer> =>
    serveHttp((response) => response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body))

/** Answers the first request with a redirect, the later ones as the function does. */
const redirects = (status: number, handle: (response: ServerResponse) => void) => async (): Promise<ScriptedServer> => {
  let count = 0
  return await serveHttp((response) => {
    if (count++ === 0) response.writeHead(status, { location: '/elsewhere' }).end()
    else handle(response)
  })
}

const status = (code: number) => (response: ServerResponse) => void response.writeHead(code).end()

const forms: readonly Form[] = [
  ['cannot connect', unusedUrl, 'failed', 'ECONNREFUSED'],
  ['cannot resolve the name', () => Promise.resolve('http://name.invalid'), 'failed', 'name.invalid'],
  ['is for a port that fetch refuses', () => Promise.resolve('http://127.0.0.1:25'), 'failed', 'bad port'],
  ['loses the connection before TLS', serveNothing, 'failed', 'fetch failed'],
  [
    'refuses the certificate',
    () => {
      const { serverKey: key, serverCert: cert } = makeCertificates(newFolder())
      return serveSelfSigned({ key, cert })
    },
    'failed',
    'certificate',
  ],
  ['is cut after it was sent', () => serveHttp((_, socket) => void socket.destroy()), 'unknown', 'fetch failed'],
  [
    'is cut in the middle of the response',
    () =>
      serveHttp((response, socket) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '9' })
        response.write('{"a"', () => void socket.destroy())
      }),
    'unknown',
    'terminated',
  ],
  ['is never answered', () => serveHttp(() => undefined), 'unknown', 'tool_timeout_ms'],
  [
    'returns 400',
    responds(400, { body: '{"message":"no"}' }),
    'failed',
    'POST /order returned 400 Bad Request: {"message":"no"}',
  ],
  ['returns 401', responds(401), 'failed', 'returned 401'],
  ['returns 404', responds(404), 'failed', 'returned 404'],
  ['returns 408', responds(408), 'unknown', 'returned 408'],
  ['returns 409', responds(409), 'failed', 'returned 409'],
  ['returns 422', responds(422), 'failed', 'returned 422'],
  [
    'returns 429',
    responds(429, { headers: { 'retry-after': '30' } }),
    'failed',
    '429 Too Many Requests (retry after 30 s)',
  ],
  ['returns 500', responds(500), 'failed', 'returned 500'],
  ['returns 501', responds(501), 'failed', 'returned 501'],
  ['returns 502', responds(502), 'unknown', 'returned 502'],
  ['returns 503', responds(503, { headers: { 'retry-after': '2' } }), 'unknown', '(retry after 2 s)'],
  ['returns 504', responds(504), 'unknown', 'returned 504'],
  ['returns 522', responds(522), 'unknown', 'returned 522'],
  ['returns 200 without JSON', responds(200, { body: 'not { j' }), 'applied', 'returned'],
  [
    'returns 201 with too many bytes',
    responds(201, { body: '"'.padEnd(2000) }),
    'applied',
    'exceeds the limit of 1000 bytes',
  ],
  [
    'is redirected to another origin with 307',
    responds(307, { headers: { location: 'http://127.0.0.2:9/' } }),
    'failed',
    'it redirects to another origin, http://127.0.0.2:9',
  ],
  [
    'is redirected to another origin with 303',
    responds(303, { headers: { location: 'http://127.0.0.2:9/' } }),
    'unknown',
    'it redirects to another origin',
  ],
  [
    'is redirected to an invalid URL',
    responds(308, { headers: { location: 'http://' } }),
    'failed',
    'to an invalid URL',
  ],
  ['is redirected to itself', responds(307, { headers: { location: '/order' } }), 'failed', 'more than 5 times'],
  ['is redirected with 303 to a page that is missing', redirects(303, status(404)), 'unknown', 'returned 404'],
  ['is redirected with 302 to a page that is missing', redirects(302, status(404)), 'unknown', 'returned 404'],
  ['is redirected with 308 to a page that is missing', redirects(308, status(404)), 'failed', 'returned 404'],
]

describe('the ledger', () => {
  test.each(forms)('knows the state of a POST that %s', async (_name, start, state, text) => {
    const server = await start()
    await using stack = new AsyncDisposableStack()
    if (typeof server !== 'string') stack.use(server)
    const url = typeof server === 'string' ? server : server.url
    const document = {
      openapi: '3.1.0',
      info: { title: 'Shop', version: '1' },
      servers: [{ url }],
      paths: { '/order': { post: { operationId: 'order', responses: { 200: { description: 'ok' } } } } },
    }
    await using session = await createSession({
      hosts: sharedHosts('in-process'),
      limits: { toolTimeoutMs: text === 'tool_timeout_ms' ? 300 : 60_000 },
      tools: openApiTools(document, { name: 'shop', maxResponseBytes: 1000 }),
    })
    const source = 'await tools.shop__order({}).then(() => text("returned"), (error) => text(error))'
    const outcome = await session.execute(source, { yieldTimeMs: 600_000 })
    expect(textsOf(outcome).join('')).toContain(text)
    expect(session.ledger().map((entry) => entry.state)).toEqual([state])
  })
})
