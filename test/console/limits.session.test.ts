import { request as httpRequest, type ClientRequest } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import type { RunStarted } from '../../src/console/api.ts'
import { createConsoleSessions, type ConsoleServer } from '../../src/console.ts'
import { newFolder } from '../support/folder.ts'
import { sharedHosts } from '../support/hosts.ts'
import { annToken, ask, boToken, headersOf, send, startConsole, type Reply } from './console-client.ts'

const hosts = sharedHosts('in-process')
const pageHeaders = { 'x-codecell-console': '1', 'content-type': 'application/json' }

/** Opens a stream, and returns its request when the first bytes have come. */
async function openStream(server: ConsoleServer, path: string = '/api/events'): Promise<ClientRequest> {
  const { promise, resolve, reject } = Promise.withResolvers<ClientRequest>()
  const request = httpRequest(server.url, { path, headers: headersOf(annToken), agent: false }, (response) => {
    if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`))
    response.on('error', () => undefined)
    response.once('data', () => resolve(request))
    response.resume()
  })
  request.on('error', reject)
  onTestFinished(() => void request.destroy())
  request.end()
  return await promise
}

/** Checks that a refusal states a reason and when to try again, in its header and its text. */
function expectRetry({ headers, json }: Reply, maxSeconds: number): void {
  const seconds = Number(headers['retry-after'])
  expect(seconds).toBeGreaterThanOrEqual(1)
  expect(seconds).toBeLessThanOrEqual(maxSeconds)
  expect(json).toMatchObject({
    error: {
      code: 'TOO_MANY_REQUESTS',
      advice: expect.stringMatching(new RegExp(`try again in ${seconds} second`, 'i')),
    },
  })
}

test('The stream 101 is refused with the time of another try, and clients that leave make room', async () => {
  const server = await startConsole({ storage: newFolder() })
  const headers = headersOf(annToken)
  const streams = await Promise.all(Array.from({ length: 100 }, async () => await openStream(server)))
  const refused = await send(server, '/api/events', { headers })
  expect([refused.status, refused.json]).toMatchObject([503, { error: { message: expect.stringContaining('100') } }])
  expectRetry(refused, 60)
  expect((await send(server, '/api/cells', { headers })).status).toBe(200)
  for (const stream of streams) stream.destroy()
  await expect.poll(async () => await openStream(server).then(() => 'open', String)).toBe('open')
  await Promise.all(Array.from({ length: 99 }, async () => await openStream(server)))
  expect((await send(server, '/api/events', { headers })).status).toBe(503)
})

test('A logout ends the streams of its login, also those of a run, and no others', async () => {
  const sessions = createConsoleSessions()
  const server = await startConsole({ sessions, tools: [], runOptions: { hosts } })
  const cookieOf = async (token: string): Promise<string> => {
    const login = await send(server, '/api/login', { method: 'POST', headers: pageHeaders, body: { token } })
    return login.headers['set-cookie']?.join('').split(';', 1).join('') ?? ''
  }
  const [ann, other] = [await cookieOf(annToken), await cookieOf(boToken)]
  const { run } = await ask<RunStarted>(server, '/api/run', { source: 'text("begun"); await new Promise(() => {})' })
  let isOtherEnded = false
  const streams = ['/api/events', `/api/run/events?run=${run}`].map(
    async (path) => await send(server, path, { headers: { cookie: ann } }),
  )
  const ofOther = send(server, '/api/events', { headers: { cookie: other } }).then(() => (isOtherEnded = true))
  await expect
    .poll(
      async () => await openStream(server, `/api/run/events?run=${run}`).then((stream) => stream.destroy().destroyed),
    )
    .toBe(true)
  await send(server, '/api/logout', { method: 'POST', body: {}, headers: { ...pageHeaders, cookie: ann } })
  const [events, runEvents] = await Promise.all(streams)
  expect(events?.text).toContain('"type":"logged_out"')
  expect(runEvents?.text).not.toContain('"type":"ended"')
  expect(isOtherEnded).toBe(false)
  await send(server, '/api/logout', { method: 'POST', body: {}, headers: { ...pageHeaders, cookie: other } })
  await ofOther
})

test('The eighth program runs, the ninth is refused with the time of another try, and a stop makes room', async () => {
  const server = await startConsole({ storage: newFolder(), tools: [], runOptions: { hosts } })
  const post = { method: 'POST', headers: headersOf(annToken) }
  const body = { source: 'await new Promise(() => {})' }
  const replies = await Promise.all(
    Array.from({ length: 9 }, async () => await send(server, '/api/run', { ...post, body })),
  )
  const refused = replies.filter(({ status }) => status !== 200)
  expect(refused.map(({ status }) => status)).toEqual([429])
  for (const reply of refused) expectRetry(reply, 60)
  const started: RunStarted = JSON.parse(replies.find(({ status }) => status === 200)?.text ?? '')
  await send(server, '/api/run/stop', { ...post, body: { run: started.run } })
  await expect.poll(async () => (await send(server, '/api/run', { ...post, body })).status).toBe(200)
})

test('A run is watched by ten pages, and the eleventh is refused with the time of another try', async () => {
  const server = await startConsole({ storage: newFolder(), tools: [], runOptions: { hosts } })
  const { run } = await ask<RunStarted>(server, '/api/run', { source: 'text("begun"); await new Promise(() => {})' })
  const path = `/api/run/events?run=${run}`
  const [first] = await Promise.all(Array.from({ length: 10 }, async () => await openStream(server, path)))
  const refused = await send(server, path, { headers: headersOf(annToken) })
  expect(refused.status).toBe(503)
  expectRetry(refused, 60)
  first?.destroy()
  await expect.poll(async () => await openStream(server, path).then(() => 'open', String)).toBe('open')
})

test.each<[string, (server: ConsoleServer, token: string) => Promise<Reply>]>([
  [
    'a login',
    async (server, token) =>
      await send(server, '/api/login', { method: 'POST', headers: pageHeaders, body: { token } }),
  ],
  ['a request', async (server, token) => await send(server, '/api/me', { headers: headersOf(token) })],
])('After ten wrong tokens of %s, tokens wait at most a minute, and cookies do not', async (_, sendToken) => {
  const server = await startConsole({ storage: newFolder() })
  const login = await send(server, '/api/login', { method: 'POST', headers: pageHeaders, body: { token: annToken } })
  const cookie = login.headers['set-cookie']?.join('').split(';', 1).join('') ?? ''
  for (let attempt = 0; attempt < 10; attempt++) {
    expect((await sendToken(server, `wrong-0123456789-${attempt}`)).status).toBe(401)
  }
  const refused = await sendToken(server, annToken)
  expect(refused.status).toBe(429)
  expectRetry(refused, 60)
  expect((await send(server, '/api/me', { headers: { cookie } })).status).toBe(200)
})

test('A body of more than 2 MiB is refused with its limit, with and without a stated length', async () => {
  const server = await startConsole({ storage: newFolder(), tools: [] })
  const post = { method: 'POST', headers: headersOf(annToken) }
  for (const [path, headers] of [
    ['/api/run', post.headers],
    ['/api/login', pageHeaders],
    ['/api/run', { ...post.headers, 'transfer-encoding': 'chunked' }],
  ] as const) {
    const reply = await send(server, path, { method: 'POST', headers, body: { source: 'x'.repeat(2 ** 21) } })
    expect([reply.status, reply.json]).toMatchObject([
      413,
      {
        error: {
          code: 'LIMIT_EXCEEDED',
          message: expect.stringContaining(String(2 ** 21)),
          advice: expect.any(String),
        },
      },
    ])
  }
  const long = await send(server, '/api/run', { ...post, body: { source: 'x'.repeat(2 ** 20 + 1) } })
  expect([long.status, long.json]).toMatchObject([
    400,
    { error: { message: expect.stringContaining(String(2 ** 20)) } },
  ])
  expect((await send(server, '/api/me', { headers: headersOf(annToken) })).status).toBe(200)
})
