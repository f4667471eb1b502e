import { describe, expect, test } from 'vitest'
import { calledOperation } from './called-operation.ts'

const form = 'application/x-www-form-urlencoded'
const multipart = 'multipart/form-data'

const any = { type: 'object' }
const sent = async (content: unknown, input: object, settings: { version?: string; method?: string } = {}) => {
  const { request, error } = await calledOperation({ requestBody: { content } }, input, settings)
  return error ?? { type: request?.headers['content-type'], body: request?.body }
}

describe('a form', () => {
  const encoding = {
    metadata: { style: 'deepObject', explode: true },
    expand: { style: 'deepObject', explode: true },
    items: { style: 'deepObject' },
    tags: { style: 'pipeDelimited', explode: false },
    ids: { style: 'form', explode: false },
    words: { style: 'spaceDelimited', explode: false },
    flat: { style: 'form', explode: true },
    url: { allowReserved: true },
    json: { contentType: 'application/json' },
    text: { contentType: 'text/plain' },
  }
  const cases: [body: object, text: string][] = [
    [{ metadata: { order: 6735, 'a b': 'c&d' } }, 'metadata%5Border%5D=6735&metadata%5Ba+b%5D=c%26d'],
    [{ metadata: { a: { b: [1, 2] }, c: null } }, 'metadata%5Ba%5D%5Bb%5D%5B%5D=1&metadata%5Ba%5D%5Bb%5D%5B%5D=2'],
    [{ expand: ['customer', 'charge'] }, 'expand%5B%5D=customer&expand%5B%5D=charge'],
    [
      { items: [{ price: 'p1', quantity: 2 }, { price: 'p2' }] },
      'items%5B0%5D%5Bprice%5D=p1&items%5B0%5D%5Bquantity%5D=2&items%5B1%5D%5Bprice%5D=p2',
    ],
    [{ metadata: '' }, 'metadata='],
    [{ tags: ['a', 'b|c'] }, 'tags=a%7Cb%7Cc'],
    [{ words: ['a', 'b'] }, 'words=a+b'],
    [{ ids: [1, 2], flat: { R: 1, G: 2 } }, 'ids=1,2&R=1&G=2'],
    [{ url: 'https://a.test/?x=1&y=2#z' }, 'url=https://a.test/?x=1%26y=2%23z'],
    [{ json: 'x' }, 'json=%22x%22'],
    [{ json: [1, { a: 2 }] }, 'json=%5B1%2C%7B%22a%22%3A2%7D%5D'],
    [{ text: 'x', other: [1, 'b'], no: null }, 'text=x&other=1&other=b'],
    // Without an encoding, objects are JSON.
    [{ address: { zip: '9+1' }, list: [{ a: 1 }] }, 'address=%7B%22zip%22%3A%229%2B1%22%7D&list=%7B%22a%22%3A1%7D'],
    [
      { big: 1e21, small: 1e-7, yes: true, star: "a*b~c'd e" },
      'big=1000000000000000000000&small=0.0000001&yes=true&star=a*b%7Ec%27d+e',
    ],
    [{}, ''],
  ]
  test.each(cases)('with the properties %j is sent as %s', async (body, text) => {
    expect(await sent({ [form]: { schema: any, encoding } }, { body })).toEqual({ type: form, body: text })
    expect(await sent({ [form]: { schema: any, encoding } }, { body }, { version: '3.0.3' })).toMatchObject({
      body: text,
    })
  })

  test('that is not an object is refused', async () => {
    expect(await sent({ [form]: { schema: any } }, { body: 'a=b' })).toBe('a form must be an object')
  })
})

describe('a multipart form', () => {
  const schema = {
    type: 'object',
    properties: {
      file: { type: 'string', format: 'binary' },
      files: { type: 'array', items: { type: 'string', format: 'binary' } },
      image: { type: 'string' },
      untyped: {},
      encoded: { type: 'string', contentEncoding: 'base64', contentMediaType: 'image/png' },
    },
  }
  const encoding = {
    image: { contentType: 'image/png, image/jpeg', headers: { 'X-Kind': { schema: { const: 'photo' } } } },
    meta: { contentType: 'application/vnd.a+json' },
    xml: { contentType: 'application/xml; charset=utf-8' },
    styled: { style: 'deepObject', explode: true },
  }
  const named = (name: string, headers: string, data: string): string =>
    `Content-Disposition: form-data; name="${name}"${headers}\r\n\r\n${data}`
  const cases: [body: object, parts: string[]][] = [
    [{ title: 'Rex', n: 1e21, no: null }, [named('title', '', 'Rex'), named('n', '', '1000000000000000000000')]],
    [{ file: 'UE5HIQ==' }, [named('file', '; filename="file"\r\nContent-Type: application/octet-stream', 'PNG!')]],
    [
      { file: { base64: 'UE5HIQ==', content_type: 'image/png', filename: 'a "b".png' } },
      [named('file', '; filename="a %22b%22.png"\r\nContent-Type: image/png', 'PNG!')],
    ],
    [
      { files: ['data:text/plain;base64,YQ==', { text: 'b', filename: 'b.txt' }] },
      [
        named('files', '; filename="files"\r\nContent-Type: text/plain', 'a'),
        named('files', '; filename="b.txt"\r\nContent-Type: application/octet-stream', 'b'),
      ],
    ],
    [
      { image: { base64: 'YQ', content_type: 'image/jpeg' } },
      [named('image', '; filename="image"\r\nContent-Type: image/jpeg\r\nX-Kind: photo', 'a')],
    ],
    [
      { image: { base64: 'YQ', content_type: 'text/html' } },
      [named('image', '; filename="image"\r\nContent-Type: image/png\r\nX-Kind: photo', 'a')],
    ],
    [{ meta: 'x' }, [named('meta', '\r\nContent-Type: application/vnd.a+json', '"x"')]],
    [{ xml: '<a/>' }, [named('xml', '\r\nContent-Type: application/xml; charset=utf-8', '<a/>')]],
    [
      { tags: ['a', { b: 1 }] },
      [named('tags', '', 'a'), named('tags', '\r\nContent-Type: application/json', '{"b":1}')],
    ],
    [
      { 'a"\r\nb': 'x', object: { a: [1] } },
      [named('a%22%0D%0Ab', '', 'x'), named('object', '\r\nContent-Type: application/json', '{"a":[1]}')],
    ],
  ]
  const media = { [multipart]: { schema, encoding } }

  test('has no other headers than those of its parts, whatever the document and the input contain', async () => {
    const evil = 'a\r\n\r\nX-Evil: 1'
    const [file, text] = [
      { type: 'string', format: 'binary' },
      { type: 'string', contentEncoding: evil },
    ]
    const encodings = { file: { headers: { [evil]: { schema: { const: evil } } } }, text: { contentType: evil } }
    const own = { [multipart]: { schema: { properties: { file, text } }, encoding: encodings } }
    const input = { file: { text: 'b', content_type: evil, filename: evil }, text: 'c', [evil]: 'd' }
    const { request } = await calledOperation({ requestBody: { content: own } }, { body: input })
    expect(request?.body.match(/^X-Evil/m)).toBeNull()
    expect(request?.body.match(/\r\n\r\n./g)).toEqual(['b', 'c', 'd'].map((content) => `\r\n\r\n${content}`))
  })

  const partsOf = (body: string): string[] => {
    const [boundary = ''] = body.split('\r\n')
    return body
      .split(boundary)
      .slice(1, -1)
      .map((part) => part.replace(/^\r\n|\r\n$/g, ''))
  }
  test.each(cases)('with the properties %j has one part for each value', async (body, parts) => {
    for (const version of ['3.0.3', '3.1.0']) {
      const { request } = await calledOperation({ requestBody: { content: media } }, { body }, { version })
      expect(request?.headers['content-type']).toMatch(/^multipart\/form-data; boundary=[\w-]+$/)
      expect(partsOf(request?.body ?? '')).toEqual(parts)
    }
  })

  test('has untyped bytes, styles and encoded strings from version 3.1 on', async () => {
    const body = { untyped: 'YQ==', styled: { a: [1] }, encoded: 'YQ==' }
    const { request } = await calledOperation({ requestBody: { content: media } }, { body })
    expect(partsOf(request?.body ?? '')).toEqual([
      named('untyped', '; filename="untyped"\r\nContent-Type: application/octet-stream', 'a'),
      named('styled[a][]', '', '1'),
      named('encoded', '\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64', 'YQ=='),
    ])
  })

  test('has encoded strings without a media type as application/octet-stream', async () => {
    const properties = { a: { type: 'string', contentEncoding: 'base64url' } }
    const content = { 'multipart/form-data': { schema: { type: 'object', properties } } }
    const { request } = await calledOperation({ requestBody: { content } }, { body: { a: 'YQ' } })
    expect(partsOf(request?.body ?? '')).toEqual([
      named('a', '\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64url', 'YQ'),
    ])
  })

  test('can be mixed, and a list then has one part for each element', async () => {
    const mixed = {
      'multipart/mixed': {
        itemSchema: {},
        prefixEncoding: [{ contentType: 'application/json' }],
        itemEncoding: { contentType: 'text/csv' },
      },
    }
    const { request } = await calledOperation(
      { requestBody: { content: mixed } },
      { body: ['x', 'a,b'] },
      { version: '3.2.0' },
    )
    expect(request?.headers['content-type']).toMatch(/^multipart\/mixed; boundary=/)
    expect(partsOf(request?.body ?? '')).toEqual([
      'Content-Type: application/json\r\n\r\n"x"',
      'Content-Type: text/csv\r\n\r\na,b',
    ])
  })

  test.each([
    ['FastAPI', { anyOf: [{ type: 'string', format: 'binary' }, { type: 'null' }] }, 'UE5HIQ=='],
    ['a media type', { type: ['string', 'null'], contentMediaType: 'application/octet-stream' }, 'UE5HIQ=='],
    ['version 3.0', { type: 'string', format: 'binary', nullable: true }, 'UE5HIQ=='],
    ['a reference', { allOf: [{ $ref: '#/components/schemas/File' }] }, 'UE5HIQ=='],
    [
      'a list',
      { anyOf: [{ type: 'array', items: { $ref: '#/components/schemas/File' } }, { type: 'null' }] },
      ['UE5HIQ=='],
    ],
  ])('finds files that are optional in the way of %s, also in combined schemas', async (_, property, file) => {
    const own = { allOf: [{ $ref: '#/components/schemas/Base' }, { type: 'object', properties: { file: property } }] }
    const schemas = {
      File: { type: 'string', format: 'binary' },
      Base: { type: 'object', properties: { title: { type: 'string' } } },
    }
    const content = { [multipart]: { schema: own } }
    const { tool, request } = await calledOperation(
      { requestBody: { content } },
      { body: { title: 'Rex', file } },
      { document: { components: { schemas } } },
    )
    expect(partsOf(request?.body ?? '')).toEqual([
      named('title', '', 'Rex'),
      named('file', '; filename="file"\r\nContent-Type: application/octet-stream', 'PNG!'),
    ])
    expect(JSON.stringify(tool?.inputSchema)).toContain('"required":["base64"]')
  })

  test('with a union of a string and a file sends strings as text', async () => {
    const property = { anyOf: [{ type: 'string' }, { type: 'string', format: 'binary' }] }
    const content = { [multipart]: { schema: { type: 'object', properties: { file: property } } } }
    const { request } = await calledOperation({ requestBody: { content } }, { body: { file: 'text' } })
    expect(partsOf(request?.body ?? '')).toEqual([named('file', '', 'text')])
  })

  test.each(['not base64!', 'hello', 'hello world ok', 'YQ===', 'data:image/png;base64,YWJjZ'])(
    'refuses the string %j instead of bytes, because it is not base64',
    async (file) => {
      const message = 'bytes must be a base64 string, a data URL, or an object with "base64" or "text"'
      expect(await sent(media, { body: { file } })).toBe(message)
    },
  )
})

describe('a body', () => {
  const schema = { type: 'object' }
  test.each([
    ['application/json', { a: 1 }, '{"a":1}'],
    ['application/json; charset=utf-8', 'x', '"x"'],
    ['application/json', null, 'null'],
    ['application/json', [1, null], '[1,null]'],
    ['application/json', 7, '7'],
    ['application/vnd.api+json; version=2', { a: 1 }, '{"a":1}'],
    ['text/plain', 'hello', 'hello'],
    ['text/plain; charset=iso-8859-1', 'hi', 'hi'],
    ['application/xml', '<a/>', '<a/>'],
    ['application/soap+xml', '<a/>', '<a/>'],
    ['application/yaml', 'a: 1', 'a: 1'],
    ['application/apply-patch+yaml', { a: 1 }, '{"a":1}'],
    ['application/x-ndjson', [{ a: 1 }, 2], '{"a":1}\n2\n'],
    ['application/octet-stream', 'UE5HIQ==', 'PNG!'],
    ['image/png', 'data:image/png;base64,UE5HIQ==', 'PNG!'],
    ['application/pdf', { text: '%PDF' }, '%PDF'],
  ])('of type %s with the value %j is sent as %j', async (type, body, text) => {
    expect(await sent({ [type]: { schema } }, { body })).toEqual({ type, body: text })
  })

  test.each([
    ['*/*', { a: 1 }, 'application/json'],
    ['*/*', 'x', 'text/plain'],
    ['*/*', { base64: 'YQ==', content_type: 'image/gif' }, 'image/gif'],
    ['application/*', [1], 'application/json'],
    ['text/*', 'x', 'text/plain'],
    ['image/*', { base64: 'YQ==', content_type: 'image/gif' }, 'image/gif'],
    ['image/*', 'YQ==', 'application/octet-stream'],
  ])('of the range %s with the value %j is sent as %s', async (range, body, type) => {
    expect(await sent({ [range]: { schema: {} } }, { body })).toMatchObject({ type })
  })

  const several = {
    'image/png': {},
    'text/plain': {},
    'application/json': { schema },
    [form]: { schema },
    'application/merge-patch+json': { schema },
  }
  test.each([
    [{ body: { a: 1 } }, 'application/json', '{"a":1}'],
    [{ body: 'x' }, 'text/plain', 'x'],
    [{ body: { base64: 'YQ==', content_type: 'image/png' } }, 'image/png', 'a'],
    [{ body: { a: 1 }, body_content_type: form }, form, 'a=1'],
    [{ body: { a: 1 }, body_content_type: 'application/merge-patch+json' }, 'application/merge-patch+json', '{"a":1}'],
    [{ body: 'YQ==', body_content_type: 'IMAGE/png' }, 'IMAGE/png', 'a'],
  ])('with several media types and the input %j is sent as %s', async (input, type, body) => {
    expect(await sent(several, input)).toEqual({ type, body })
  })

  test('with several media types has the union of their schemas, and their names', async () => {
    const { tool } = await calledOperation({ requestBody: { content: several } }, {})
    expect(tool?.inputSchema).toMatchObject({
      properties: {
        body: {
          anyOf: [
            { type: 'object' },
            { type: 'string' },
            { anyOf: [{ type: 'string' }, { required: ['base64'] }, { required: ['text'] }] },
          ],
        },
        body_content_type: {
          enum: ['application/json', 'application/merge-patch+json', form, 'text/plain', 'image/png'],
        },
      },
    })
    expect(await sent(several, { body: 1, body_content_type: 'text/html' })).toBe(
      `"body_content_type" must be one of application/json, application/merge-patch+json, ${form}, text/plain, image/png, got "text/html"`,
    )
  })

  test('that is optional and missing is not sent, and a required one is refused', async () => {
    for (const content of [several, { [form]: {} }, { 'image/png': {} }]) {
      expect(await sent(content, {})).toEqual({ type: undefined, body: '' })
      const { error } = await calledOperation({ requestBody: { required: true, content } }, {})
      expect(error).toBe('the request body "body" is missing')
    }
  })

  test('that is an object with the fields of a file is one only where the schema does not have them', async () => {
    const message = {
      type: 'object',
      properties: { text: { type: 'string' }, message: { type: 'object', properties: { text: {} } } },
    }
    const content = { 'application/json': { schema: message }, [multipart]: { schema: message }, 'image/png': {} }
    const body = { text: 'hi', content_type: 'image/png' }
    expect(await sent(content, { body })).toEqual({ type: 'application/json', body: JSON.stringify(body) })
    const { request } = await calledOperation(
      { requestBody: { content } },
      { body: { text: 'hi', message: body, other: body }, body_content_type: multipart },
    )
    expect(request?.body).toContain('name="text"\r\n\r\nhi\r\n')
    expect(request?.body).toContain(
      `name="message"\r\nContent-Type: application/json\r\n\r\n${JSON.stringify(body)}\r\n`,
    )
    expect(request?.body).toContain('name="other"; filename="other"\r\nContent-Type: image/png\r\n\r\nhi\r\n')
    const typeless = { 'application/json': { schema }, 'image/png': {} }
    expect(await sent(typeless, { body: { text: 'hi' } })).toMatchObject({ type: 'application/json' })
    expect(await sent(typeless, { body })).toEqual({ type: 'image/png', body: 'hi' })
  })

  test.each(['GET', 'DELETE', 'QUERY'])('of %s is sent from version 3.1 on', async (method) => {
    const content = { 'application/json': { schema } }
    expect(await sent(content, { body: { a: 1 } }, { method })).toEqual({ type: 'application/json', body: '{"a":1}' })
  })

  test('of GET does not exist in version 3.0, where the specification ignores it', async () => {
    const { tool } = await calledOperation(
      { requestBody: { content: { [form]: { schema } } } },
      {},
      { method: 'GET', version: '3.0.3' },
    )
    expect(tool?.inputSchema).toMatchObject({ properties: {} })
  })

  test('of text that a charset does not have is refused', async () => {
    expect(await sent({ 'text/plain; charset=latin1': {} }, { body: '€' })).toBe(
      'the body has characters that latin1 does not have',
    )
  })
})

test('a parameter named body moves the keys of the request body', async () => {
  const { tool } = await calledOperation(
    {
      parameters: [{ name: 'body', in: 'query', schema: {} }],
      requestBody: { content: { 'text/plain': {}, 'application/json': {} } },
    },
    {},
  )
  const { properties } = Object(tool?.inputSchema)
  expect(Object.keys(properties)).toEqual(['body', 'request_body', 'request_body_content_type'])
})
