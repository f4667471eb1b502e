import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CodecellError, createSession, type Tool } from '../../../src/index.ts'
import { loadOpenApi } from '../../../src/openapi.ts'
import { newFolder } from '../../support/folder.ts'
import { sharedHosts } from '../../support/hosts.ts'

/** The behaviors of a tool, some of which never return a result, and the state of the call. */
const behaviors: readonly (readonly [name: string, call: Tool['call'], state: string])[] = [
  [
    'rejects because its timeout aborted it',
    (_, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('I was told to stop')))
      }),
    'unknown',
  ],
  [
    'throws the reason of its aborted signal',
    async (_, { signal }) => {
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve)
      })
      signal.throwIfAborted()
    },
    'unknown',
  ],
  ['never settles', () => new Promise(() => undefined), 'unknown'],
  ['loses its connection', () => Promise.reject(Object.assign(new Error('reset'), { code: 'ECONNRESET' })), 'unknown'],
  ['receives an error of a gateway', () => Promise.reject(Object.assign(new Error('no'), { status: 504 })), 'unknown'],
  ['times out by itself', () => Promise.reject(new DOMException('late', 'TimeoutError')), 'unknown'],
  ['reports a failure', () => Promise.reject(new Error('no such invoice')), 'failed'],
  ['cannot connect', () => Promise.reject(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })), 'failed'],
  [
    'cannot connect to any address of a name',
    () => {
      const attempt = Object.assign(new Error('late'), { code: 'ETIMEDOUT', syscall: 'connect' })
      return Promise.reject(Object.assign(new AggregateError([attempt, attempt]), { code: 'ETIMEDOUT' }))
    },
    'failed',
  ],
  ['returns', () => 1, 'applied'],
]

describe('a call of a function', () => {
  test.each(behaviors)('the ledger records the known state of a call whose function %s', async (_name, call, state) => {
    await using session = await createSession({
      hosts: sharedHosts('in-process'),
      limits: { toolTimeoutMs: 100 },
      tools: [{ name: 'book', call, revert: () => undefined }],
    })
    await session.execute('await tools.book({}).catch(() => 0)', { yieldTimeMs: 600_000 })
    expect(session.ledger().map((entry) => entry.state)).toEqual([state])
    // The report contains only calls that had, or can have had, an effect.
    const { calls } = await session.revert('1')
    expect(calls.map(({ type }) => type)).toEqual(
      state === 'failed' ? [] : [state === 'applied' ? 'reverted' : 'unknown'],
    )
  })

  test('a call whose tool reports an unreadable result is applied, and cannot be reverted without the result', async () => {
    const call = (): never => {
      throw new CodecellError('TOOL_RESULT_UNREADABLE', 'booked, but the receipt is unreadable')
    }
    await using session = await createSession({
      hosts: sharedHosts('in-process'),
      tools: [{ name: 'book', call, revert: () => undefined }],
    })
    await session.execute('await tools.book({}).catch(() => 0)')
    expect(session.ledger().map((entry) => entry.state)).toEqual(['applied'])
    const { calls } = await session.revert('1')
    expect(calls.map(({ type }) => type)).toEqual(['not_revertible'])
  })

  test('a call that timed out becomes applied when its result arrives late', async () => {
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

  test('a call that timed out becomes failed when its late result is an error', async () => {
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

  test('the report of a revert omits calls that only read', async () => {
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

/** Paths that the HTTP server handles in different ways, and the state of the call. */
const pathStates: readonly (readonly [path: string, state: string])[] = [
  ['/ok', 'applied'],
  ['/cut', 'unknown'],
  ['/cut-in-the-middle', 'unknown'],
  ['/status/502', 'unknown'],
  ['/status/503', 'unknown'],
  ['/status/504', 'unknown'],
  ['/status/408', 'unknown'],
  ['/not-json', 'applied'],
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

  test.each(pathStates)('the ledger records the state of a call to %s as %s', async (path, state) => {
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
