import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSession, type Tool } from '../../../src/index.ts'
import { loadOpenApi } from '../../../src/openapi.ts'
import { newFolder } from '../../support/folder.ts'
import { sharedHosts } from '../../support/hosts.ts'

/** The behavior of a tool that does not answer. */
const functions: readonly (readonly [what: string, call: Tool['call'], state: string])[] = [
  [
    'rejects because it was aborted when its time was over',
    (_, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('I was told to stop')))
      }),
    'unknown',
  ],
  [
    'throws what its signal was aborted with',
    async (_, { signal }) => {
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve)
      })
      signal.throwIfAborted()
    },
    'unknown',
  ],
  ['never answers', () => new Promise(() => undefined), 'unknown'],
  ['loses its connection', () => Promise.reject(Object.assign(new Error('reset'), { code: 'ECONNRESET' })), 'unknown'],
  ['hears from a gateway', () => Promise.reject(Object.assign(new Error('no'), { status: 504 })), 'unknown'],
  ['gives up by itself', () => Promise.reject(new DOMException('late', 'TimeoutError')), 'unknown'],
  ['says that it failed', () => Promise.reject(new Error('no such invoice')), 'failed'],
  ['reaches nothing', () => Promise.reject(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })), 'failed'],
  ['answers', () => 1, 'applied'],
]

describe('a call of a function', () => {
  test.each(functions)('that %s is on the ledger as what is known of it', async (_what, call, state) => {
    await using session = await createSession({
      hosts: sharedHosts('in-process'),
      limits: { toolTimeoutMs: 100 },
      tools: [{ name: 'book', call, revert: () => undefined }],
    })
    await session.execute('await tools.book({}).catch(() => 0)', { yieldTimeMs: 600_000 })
    expect(session.ledger().map((entry) => entry.state)).toEqual([state])
    // What had, or may have had, an effect is in the report, and nothing else.
    const { calls } = await session.revert('1')
    expect(calls.map(({ type }) => type)).toEqual(
      state === 'failed' ? [] : [state === 'applied' ? 'reverted' : 'unknown'],
    )
  })

  test('is applied after all when its answer comes after its time, and never goes back', async () => {
    const late = Promise.withResolvers<unknown>()
    await using session = await createSession({
      hosts: sharedHosts('in-process'),
      limits: { toolTimeoutMs: 100 },
      tools: [{ name: 'book', call: () => late.promise }],
    })
    await session.execute('await tools.book({}).catch(() => 0)', { yieldTimeMs: 600_000 })
    expect(session.ledger().map(({ state }) => state)).toEqual(['unknown'])
    late.resolve('done')
    await expect.poll(() => session.ledger().map(({ state }) => state)).toEqual(['applied'])
  })

  test('has failed when its late answer says that the server refused', async () => {
    const late = Promise.withResolvers<unknown>()
    await using session = await createSession({
      hosts: sharedHosts('in-process'),
      limits: { toolTimeoutMs: 100 },
      tools: [{ name: 'book', server: 'hotel', call: () => late.promise }],
    })
    await session.execute('await tools.book({}).catch(() => 0)', { yieldTimeMs: 600_000 })
    late.resolve({ content: [], isError: true })
    await expect.poll(() => session.ledger().map(({ state }) => state)).toEqual(['failed'])
  })

  test('that only reads is in no report of undoing', async () => {
    await using session = await createSession({
      hosts: sharedHosts('in-process'),
      tools: [
        { name: 'get', call: () => 1, annotations: { readOnlyHint: true } },
        { name: 'put', call: () => 1, revert: () => undefined },
      ],
    })
    await session.execute('await tools.get({}); await tools.put({}); await tools.get({})')
    const { calls } = await session.revert('1')
    expect(calls.map(({ identifier, type }) => [identifier, type])).toEqual([['put', 'reverted']])
  })
})

/** How an HTTP server treats a request that it was sent, and what is then known of the call. */
const answers: readonly (readonly [path: string, state: string])[] = [
  ['/ok', 'applied'],
  ['/cut', 'unknown'],
  ['/cut-in-the-middle', 'unknown'],
  ['/status/502', 'unknown'],
  ['/status/503', 'unknown'],
  ['/status/504', 'unknown'],
  ['/status/408', 'unknown'],
  ['/not-json', 'unknown'],
  ['/never', 'unknown'],
  ['/status/400', 'failed'],
  ['/status/404', 'failed'],
  ['/status/429', 'failed'],
  ['/status/500', 'failed'],
]

describe('a call of an HTTP API', () => {
  let server: Server
  let url = ''
  beforeAll(async () => {
    server = createServer((request, response) => {
      const path = request.url ?? ''
      const status = Number(/^\/status\/(\d+)$/.exec(path)?.[1] ?? 200)
      if (path === '/never') return
      if (path === '/cut') {
        request.socket.destroy()
        return
      }
      response.writeHead(status, { 'content-type': 'application/json', 'content-length': '7' })
      if (path === '/cut-in-the-middle') response.write('{"a"', () => request.socket.destroy())
      else response.end(path === '/not-json' ? 'not { j' : '{"a":1}')
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  })
  afterAll(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })

  test.each(answers)('to %s is %s on the ledger', async (path, state) => {
    const document = {
      openapi: '3.1.0',
      info: { title: 'Shop', version: '1' },
      servers: [{ url }],
      paths: { [path]: { post: { operationId: 'order', responses: { 200: { description: 'ok' } } } } },
    }
    const file = join(newFolder(), 'shop.json')
    writeFileSync(file, JSON.stringify(document))
    const tools = await loadOpenApi(file)
    await using session = await createSession({
      hosts: sharedHosts('in-process'),
      limits: { toolTimeoutMs: path === '/never' ? 300 : 60_000 },
      tools,
    })
    await session.execute('await Object.values(tools)[0]({}).catch(() => 0)', { yieldTimeMs: 600_000 })
    expect(session.ledger().map((entry) => entry.state)).toEqual([state])
  })
})
