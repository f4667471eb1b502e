import { createServer, request, type IncomingMessage, type Server } from 'node:http'
import { once } from 'node:events'
import { brotliDecompressSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sendTypesWorker, typesWorkerPath } from './types-worker.ts'

let server: Server
let port = 0
beforeAll(async () => {
  server = createServer(sendTypesWorker).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  port = typeof address === 'object' && address !== null ? address.port : 0
})
afterAll(() => server.close())

type Received = { readonly status: number; readonly headers: IncomingMessage['headers']; readonly body: Buffer }

async function get(headers: Readonly<Record<string, string>>): Promise<Received> {
  const { promise, resolve, reject } = Promise.withResolvers<Received>()
  const sent = request({ port, host: '127.0.0.1', path: typesWorkerPath, headers }, (response) => {
    const parts: Buffer[] = []
    response.on('data', (part: Buffer) => parts.push(part))
    response.on('end', () =>
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }),
    )
  })
  sent.on('error', reject).end()
  return await promise
}

test('a browser that accepts Brotli gets the compressed worker, and others the same code', async () => {
  const compressed = await get({ 'accept-encoding': 'gzip, deflate, br' })
  expect(compressed).toMatchObject({ status: 200, headers: { 'content-encoding': 'br' } })
  expect(compressed.headers['content-type']).toBe('text/javascript; charset=utf-8')
  expect(compressed.body.length).toBeLessThan(1_000_000)
  const code = brotliDecompressSync(compressed.body).toString()
  expect(code).toContain('addEventListener')
  for (const encoding of ['', 'gzip', 'gzip, br;q=0', 'brx']) {
    const { headers, body } = await get({ 'accept-encoding': encoding })
    expect([encoding, headers['content-encoding'], body.toString() === code]).toEqual([encoding, undefined, true])
  }
})

test('a browser that has the worker does not get it again', async () => {
  const { headers } = await get({ 'accept-encoding': 'br' })
  const again = await get({ 'accept-encoding': 'br', 'if-none-match': headers.etag ?? '' })
  expect([again.status, again.body.length]).toEqual([304, 0])
})
