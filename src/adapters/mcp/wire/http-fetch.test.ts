import { createServer, type Server } from 'node:http'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { HttpFetch } from './http-fetch.ts'

// Connections of these tests end only when the client closes them.
let server: Server
let url: string

beforeEach(async () => {
  server = createServer({ keepAliveTimeout: 0 }, (_request, response) => void response.end('here'))
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  url = `http://127.0.0.1:${typeof address === 'string' || address === null ? 0 : address.port}/`
})

afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => {
    server.close(resolve)
  })
})

function connections(): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)))
  })
}

async function get(http: HttpFetch, signal?: AbortSignal): Promise<string> {
  return await (await http.fetch(url, signal === undefined ? {} : { signal })).text()
}

test.each(['before its request has a connection', 'while its connection is used again'])(
  'disposing HttpFetch %s leaves no connection',
  async (moment) => {
    for (let round = 0; round < 20; round++) {
      const http = new HttpFetch()
      const stop = new AbortController()
      if (moment.startsWith('while')) expect(await get(http)).toBe('here')
      const body = get(http, stop.signal)
      for (let turn = 0; turn < round % 5; turn++) await Promise.resolve()
      stop.abort(new Error('stopped'))
      http[Symbol.dispose]()
      await expect(body).rejects.toThrow('stopped')
    }
    await vi.waitFor(async () => expect(await connections()).toBe(0))
  },
)

test('HttpFetch refuses requests after it is disposed', async () => {
  const http = new HttpFetch()
  expect(await get(http)).toBe('here')
  http[Symbol.dispose]()
  await expect(get(http)).rejects.toThrow('the connection is closed')
  await vi.waitFor(async () => expect(await connections()).toBe(0))
})

test('disposing HttpFetch ends a request without a signal', async () => {
  const http = new HttpFetch()
  expect(await get(http)).toBe('here')
  const body = get(http)
  http[Symbol.dispose]()
  await expect(body).rejects.toThrow()
  await vi.waitFor(async () => expect(await connections()).toBe(0))
})
