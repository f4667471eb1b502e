import { expect, test } from 'vitest'
import type { Tool } from '../../../src/index.ts'
import { openApiTools } from '../../../src/openapi.ts'
import { callContext } from '../../fixtures/call-context.ts'
import { startEchoServer } from '../../fixtures/echo-http-server.ts'

const { key } = callContext()
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/

/** Returns the tool of an operation with a header parameter. */
function toolWith(method: string, header: object | null, url = 'http://127.0.0.1:9'): Tool {
  const parameters = header === null ? [] : [{ in: 'header', required: true, ...header }]
  const document = {
    openapi: '3.1.0',
    info: { title: 'Shop', version: '1' },
    servers: [{ url }],
    paths: { '/orders': { [method]: { operationId: 'order', parameters } } },
  }
  const [tool] = openApiTools(document, { name: 'shop' })
  if (tool === undefined) throw new Error('the document has no operation')
  return tool
}

const text = { type: 'string' }
const cases: readonly (readonly [name: string, method: string, header: object, sent: unknown])[] = [
  ['Idempotency-Key', 'post', { name: 'Idempotency-Key', schema: text }, key],
  ['idempotency-key of a PATCH', 'patch', { name: 'idempotency-key', schema: text }, key],
  ['X-Idempotency-Key of a DELETE', 'delete', { name: 'X-Idempotency-Key', schema: text }, key],
  ['Idempotency-Key of a GET', 'get', { name: 'Idempotency-Key', schema: text }, key],
  ['PayPal-Request-Id', 'post', { name: 'PayPal-Request-Id', schema: text }, key],
  [
    'a key that is a UUID',
    'post',
    { name: 'Idempotency-Key', schema: { type: 'string', format: 'uuid' } },
    expect.stringMatching(uuid),
  ],
  [
    'a key with a pattern',
    'post',
    { name: 'Idempotency-Key', schema: { type: 'string', pattern: '^[0-9a-f-]+$' } },
    expect.stringMatching(uuid),
  ],
  [
    'a short key',
    'post',
    { name: 'Idempotency-Key', schema: { type: 'string', maxLength: 5 } },
    expect.stringMatching(/^[0-9a-f]{5}$/),
  ],
]
test.each(cases)('the key of the call is sent as %s', async (_name, method, header, sent) => {
  await using server = await startEchoServer(() => ({}))
  const tool = toolWith(method, header, server.url)
  expect(tool).toMatchObject({ idempotent: true })
  expect(JSON.stringify(tool.inputSchema)).not.toContain('"required"')
  await tool.call({}, callContext())
  await tool.call({}, callContext())
  const name = 'name' in header ? String(header.name).toLowerCase() : ''
  const [first, second] = server.seen.map(({ headers }) => headers[name])
  expect(first).toEqual(sent)
  expect(second).toBe(first)
})

test('a cell can send its own key', async () => {
  await using server = await startEchoServer(() => ({}))
  const tool = toolWith('post', { name: 'Idempotency-Key', schema: text }, server.url)
  await tool.call({ 'Idempotency-Key': 'mine' }, callContext())
  expect(server.seen[0]?.headers['idempotency-key']).toBe('mine')
})

test('a POST whose document declares no key sends it, but cannot be repeated', async () => {
  await using server = await startEchoServer(() => ({}))
  const tool = toolWith('post', null, server.url)
  await tool.call({}, callContext())
  expect(server.seen[0]?.headers['idempotency-key']).toBe(key)
  expect(tool.idempotent).toBeUndefined()
})
