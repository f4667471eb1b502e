import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { Answer } from '../fixtures/echo-http-server.ts'
import { calledOperation, type CallSettings } from './called-operation.ts'

const get = async (answer: Answer, settings: CallSettings = {}, operation: object = {}) =>
  await calledOperation(operation, {}, { method: 'GET', answer, ...settings })
const typed = (type: string, body: string | Buffer, headers: Record<string, string> = {}): Answer => ({
  headers: { 'content-type': type, ...headers },
  body,
})

describe('the result of a response', () => {
  const bytes = Buffer.from([0x89, 0x50, 0xff])
  const cases: [type: string, body: string | Buffer, result: unknown][] = [
    ['application/json', '{"a":1}', { a: 1 }],
    ['application/problem+json; charset=utf-8', '[1]', [1]],
    ['application/json', '\uFEFF"x"', 'x'],
    ['application/json', 'null', null],
    ['application/json', '', null],
    ['application/json', '{"a":', '{"a":'],
    ['text/json', '1', 1],
    ['text/plain', 'é', 'é'],
    ['text/plain; charset=iso-8859-1', Buffer.from([0xe9]), 'é'],
    ['text/csv; charset="utf-16le"', Buffer.from('é', 'utf16le'), 'é'],
    ['text/html; charset=nonsense', 'é', 'é'],
    ['application/xml', '<a/>', '<a/>'],
    ['image/svg+xml', '<svg/>', '<svg/>'],
    ['application/yaml', 'a: 1', 'a: 1'],
    ['application/javascript', '1', '1'],
    ['application/x-www-form-urlencoded', 'a=1', 'a=1'],
    ['image/png', bytes, { content_type: 'image/png', base64: 'iVD/' }],
    ['application/octet-stream', bytes, { content_type: 'application/octet-stream', base64: 'iVD/' }],
    ['application/pdf', bytes, { content_type: 'application/pdf', base64: 'iVD/' }],
    ['application/zip', bytes, { content_type: 'application/zip', base64: 'iVD/' }],
    [
      'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
      bytes,
      { content_type: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document', base64: 'iVD/' },
    ],
    ['application/x-ndjson', '{"a":1}\n\n2\n', [{ a: 1 }, 2]],
    ['application/jsonl', '1\r\n2', [1, 2]],
    ['application/json-seq', '\u001E{"a":1}\n\u001E2\n', [{ a: 1 }, 2]],
    ['application/x-ndjson', '{"a":1}\n{', '{"a":1}\n{'],
    [
      'text/event-stream',
      ': hi\nevent: add\ndata: {"a":1}\ndata: x\nid: 7\nretry: 10\n\ndata:last\r\n\r\nid: none\n\ndata: cut',
      [{ event: 'add', data: '{"a":1}\nx', id: '7', retry: 10 }, { data: 'last' }],
    ],
  ]
  test.each(cases)('of type %s with the content %j is %j', async (type, body, result) => {
    expect(await get(typed(type, body))).toMatchObject({ result, error: undefined })
  })

  test('without a media type is text, or bytes when it is not UTF-8', async () => {
    expect(await get({ headers: {}, body: 'text' })).toMatchObject({ result: 'text' })
    expect(await get({ headers: {}, body: bytes })).toMatchObject({
      result: { content_type: 'application/octet-stream', base64: 'iVD/' },
    })
  })

  test.each([
    ['attachment; filename="a \\"b\\".pdf"', 'a "b".pdf'],
    ['attachment; filename=a.pdf; size=1', 'a.pdf'],
    ["attachment; filename=x.pdf; filename*=UTF-8''%C3%A9.pdf", 'é.pdf'],
    ['attachment; filename="../../etc/passwd"', 'passwd'],
  ])('has the file name of %s', async (disposition, filename) => {
    const answer = typed('application/pdf', bytes, { 'content-disposition': disposition })
    expect(await get(answer)).toMatchObject({ result: { filename } })
  })

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('is decoded from %s, and the limit holds for the decoded bytes', async (encoding, compress) => {
    const answer = typed('application/json', compress(JSON.stringify('x'.repeat(5000))), {
      'content-encoding': encoding,
    })
    expect(await get(answer)).toMatchObject({ result: 'x'.repeat(5000) })
    const { error } = await get(answer, { options: { maxResponseBytes: 1000 } })
    expect(error).toBe('GET /x failed: its response exceeds the limit of 1000 bytes')
  })

  test.each([204, 205])('with the status %j is null', async (status) => {
    expect(await get({ status, headers: {} })).toMatchObject({ result: null, error: undefined })
  })

  test('of HEAD is the status and the headers', async () => {
    const { result } = await get({ headers: { etag: '"7"', 'content-length': '12' } }, { method: 'HEAD' })
    expect(result).toMatchObject({ status: 200, headers: { etag: '"7"', 'content-length': '12' } })
  })

  test('has the status and the headers, except cookies, with results: "response"', async () => {
    const headers = {
      'content-type': 'application/json',
      Location: '/x/7',
      'Set-Cookie': 'secret=1',
      Link: '</x?page=2>; rel="next"',
    }
    const responses = { 201: { content: { 'application/json': { schema: { type: 'integer' } } } } }
    const options = { results: 'response' } as const
    const { result, tool } = await get({ status: 201, headers, body: '7' }, { options }, { responses })
    expect(result).toMatchObject({
      status: 201,
      headers: { location: '/x/7', link: '</x?page=2>; rel="next"' },
      body: 7,
    })
    expect(Object.keys(Object(result).headers)).not.toContain('set-cookie')
    expect(tool?.outputSchema).toMatchObject({
      properties: { body: { type: 'integer' } },
      required: ['status', 'headers', 'body'],
    })
  })
})

describe('an error response', () => {
  test.each([
    [typed('application/problem+json', '{"title":"No"}'), 'GET /x returned 422 Unprocessable Entity: {"title":"No"}'],
    [typed('text/plain; charset=iso-8859-1', Buffer.from([0xe9])), 'GET /x returned 422 Unprocessable Entity: é'],
    [typed('image/png', Buffer.from([0xff])), 'GET /x returned 422 Unprocessable Entity: 1 bytes of image/png'],
    [typed('text/html', `<p>${'x'.repeat(5000)}`), `GET /x returned 422 Unprocessable Entity: <p>${'x'.repeat(1997)}…`],
  ])('has a readable text: %j', async (answer, error) => {
    expect(await get({ ...answer, status: 422 })).toMatchObject({ error })
  })
})

test.each([
  ['application/pdf', { type: 'object', required: ['content_type', 'base64'] }],
  ['application/x-ndjson', { type: 'array', items: {} }],
  ['text/event-stream', { type: 'array', items: { type: 'object', required: ['data'] } }],
  ['text/csv', { type: 'string' }],
])('the declared result of %s is %j', async (type, schema) => {
  const { tool } = await get({}, {}, { responses: { 200: { content: { [type]: {} } } } })
  expect(tool?.outputSchema).toMatchObject(schema)
})

test('TRACE, which fetch refuses, is sent', async () => {
  const { request, result } = await get(typed('message/http', 'TRACE /x'), { method: 'TRACE' })
  expect(request?.method).toBe('TRACE')
  expect(result).toMatchObject({ content_type: 'message/http' })
})

test.each([
  ['GET with a body', 'GET', { body: 1 }],
  ['TRACE', 'TRACE', {}],
])('a compressed response of %s is decoded, and its size is limited', async (_, method, input) => {
  const answer = typed('application/json', gzipSync(JSON.stringify('x'.repeat(5000))), { 'content-encoding': 'gzip' })
  const operation = { requestBody: { content: { 'application/json': {} } } }
  expect(await calledOperation(operation, input, { method, answer })).toMatchObject({ result: 'x'.repeat(5000) })
  const options = { maxResponseBytes: 1000 }
  const { error } = await calledOperation(operation, input, { method, answer, options })
  expect(error).toContain('its response exceeds the limit of 1000 bytes')
})

test('a call of GET with a body is aborted with the signal', async () => {
  const content = { 'application/json': {} }
  const { error } = await calledOperation(
    { requestBody: { content } },
    { body: 1 },
    { method: 'GET', signal: AbortSignal.abort() },
  )
  expect(error).toMatch(/^GET \/x failed: /)
})
