import { expect, test } from 'vitest'
import { createSession } from '../../src/index.ts'
import { openApiTools } from '../../src/openapi.ts'
import { startEchoServer } from '../fixtures/echo-http-server.ts'
import { sharedHosts } from '../support/hosts.ts'
import { textsOf } from '../support/texts.ts'

const document = {
  openapi: '3.0.3',
  paths: {
    '/photo': {
      get: {
        operationId: 'getPhoto',
        parameters: [
          {
            name: 'filter',
            in: 'query',
            style: 'deepObject',
            schema: {
              type: 'object',
              properties: { tags: { type: 'array', items: { type: 'string' } } },
              additionalProperties: { type: 'object' },
            },
          },
        ],
        responses: { 200: { content: { 'image/png': { schema: { type: 'string', format: 'binary' } } } } },
      },
      post: {
        operationId: 'addPhoto',
        requestBody: {
          content: {
            'image/*': { schema: { type: 'string', format: 'binary' } },
            'multipart/form-data': {
              schema: {
                type: 'object',
                properties: { photo: { type: 'string', format: 'binary' } },
                required: ['photo'],
              },
            },
          },
        },
        responses: { 204: {} },
      },
    },
  },
}

test('a cell shows an image that it gets, and sends it back in a form and as the whole body', async () => {
  await using server = await startEchoServer(({ method }) => {
    if (method === 'POST') return { status: 204, headers: {} }
    const headers = { 'content-type': 'image/png', 'content-disposition': 'inline; filename="dot.png"' }
    return { headers, body: Buffer.from('PNG!') }
  })
  const tools = openApiTools(document, { name: 'shop', baseUrl: server.url })
  await using session = await createSession({ hosts: sharedHosts('in-process'), tools })
  const outcome = await session.execute(`
    const photo = await tools.shop__getPhoto({ filter: { tags: ['a', 'b'], size: { max: 3 } } })
    image(\`data:\${photo.content_type};base64,\${photo.base64}\`)
    await tools.shop__addPhoto({ body: { photo } })
    await tools.shop__addPhoto({ body: photo })
    await tools.shop__addPhoto({ body: photo.base64, body_content_type: 'image/gif' })
    await tools.shop__addPhoto({ body: { photo: new Uint8Array([80, 78, 71]).toBase64() } })
    await tools.shop__addPhoto({ body: { photo: 7 } }).catch((error) => text(String(error)))`)
  expect(outcome).toMatchObject({
    type: 'completed',
    items: [
      { type: 'input_image', image_url: 'data:image/png;base64,UE5HIQ==' },
      { type: 'input_text', text: expect.stringContaining('was not called because its input does not fit its schema') },
    ],
  })
  const [first, form, whole, named, bytes] = server.seen
  expect(decodeURIComponent(first?.url ?? '')).toBe('/photo?filter[tags][]=a&filter[tags][]=b&filter[size][max]=3')
  expect(form?.body).toContain('name="photo"; filename="dot.png"\r\nContent-Type: image/png\r\n\r\nPNG!\r\n')
  expect([whole?.headers['content-type'], whole?.body]).toEqual(['image/png', 'PNG!'])
  expect(bytes?.body).toContain('\r\n\r\nPNG\r\n')
  expect([named?.headers['content-type'], named?.body]).toEqual(['image/gif', 'PNG!'])
})

test('a typed array is refused with the way to send its bytes', async () => {
  const tools = openApiTools(document, { name: 'shop', baseUrl: 'http://127.0.0.1:9' })
  await using session = await createSession({ hosts: sharedHosts('in-process'), tools })
  const outcome = await session.execute(`
    const body = new Uint8Array([80, 78, 71])
    await tools.shop__addPhoto({ body }).catch((error) => text(String(error)))`)
  expect(textsOf(outcome)).toEqual([expect.stringContaining('got a typed array of 3; pass bytes.toBase64() instead')])
})
