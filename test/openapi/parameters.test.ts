import { describe, expect, test } from 'vitest'
import { calledOperation, type CallSettings } from './called-operation.ts'

const get = async (parameters: readonly object[], input: object, settings: CallSettings = {}) =>
  await calledOperation({ parameters }, input, { method: 'GET', ...settings })

describe('a parameter', () => {
  test('of the path is replaced by that of the operation', async () => {
    const paths = {
      '/x': {
        parameters: [
          { name: 'q', in: 'query', style: 'deepObject', schema: { type: 'object' } },
          { name: 'q', in: 'header', schema: {} },
          { name: 'r', in: 'query', required: true, schema: { type: 'string', default: 'x' } },
        ],
        get: { parameters: [{ name: 'q', in: 'query', explode: false, schema: {} }] },
      },
    }
    const input = { q: [1, 2], q_header: 'h' }
    const { tool, request } = await calledOperation({}, input, { document: { paths } })
    expect(Object.keys(Object(tool?.inputSchema).properties)).toEqual(['q', 'q_header', 'r'])
    expect([request?.url, request?.headers['q']]).toEqual(['/x?q=1,2', 'h'])
  })

  test('behind references is read', async () => {
    const components = {
      parameters: {
        first: { $ref: '#/components/parameters/second' },
        second: { name: 'q', in: 'query', content: { 'application/json': { $ref: '#/components/mediaTypes/json' } } },
      },
      mediaTypes: { json: { schema: { type: 'object' } } },
    }
    const { request, tool } = await get(
      [{ $ref: '#/components/parameters/first' }],
      { q: { a: 1 } },
      { document: { components } },
    )
    expect(request?.url).toBe('/x?q=%7B%22a%22%3A1%7D')
    expect(tool?.inputSchema).toMatchObject({ properties: { q: { type: 'object' } } })
  })

  test('behind a reference of the path is read, and members next to the reference take precedence', async () => {
    const document = {
      paths: { '/x': { $ref: '#/components/pathItems/x', parameters: [{ name: 'b', in: 'query', schema: {} }] } },
      components: {
        pathItems: { x: { parameters: [{ name: 'a', in: 'query', schema: {} }], get: { operationId: 'getX' } } },
      },
    }
    const { tool } = await calledOperation({}, {}, { document })
    expect([tool?.name, Object.keys(Object(tool?.inputSchema).properties)]).toEqual(['getX', ['b']])
  })

  test('of each location is sent there', async () => {
    const parameters = ['path', 'query', 'header', 'cookie'].map((location) => ({
      name: 'color',
      in: location,
      required: location === 'path',
      schema: {},
    }))
    const input = { color: ['a', 'b'], color_query: ['a', 'b'], color_header: ['a', 'b'], color_cookie: ['a', 'b'] }
    const { request } = await get(parameters, input, { path: '/x/{color}' })
    expect(request?.url).toBe('/x/a,b?color=a&color=b')
    expect(request?.headers).toMatchObject({ color: 'a,b', cookie: 'color=a; color=b' })
  })

  test('of several cookies is one header', async () => {
    const parameters = [
      { name: 'a', in: 'cookie', schema: {} },
      { name: 'b', in: 'cookie', style: 'cookie', schema: {} },
    ]
    const { request } = await get(parameters, { a: 'x y', b: 'x%20y' })
    expect(request?.headers.cookie).toBe('a=x%20y; b=x%20y')
  })

  test.each([
    ['path', 'form', 'a,b'],
    ['header', 'deepObject', 'a,b'],
  ])(
    'of the location %s with the style %s, which it does not have, has the default one',
    async (location, style, text) => {
      const { request } = await get(
        [{ name: 'v', in: location, style, schema: {} }],
        { v: ['a', 'b'] },
        {
          path: location === 'path' ? '/x/{v}' : '/x',
        },
      )
      expect(location === 'path' ? request?.url : request?.headers['v']).toBe(location === 'path' ? `/x/${text}` : text)
    },
  )

  test('with allowReserved in a path keeps reserved characters from version 3.2 on', async () => {
    const parameters = [{ name: 'v', in: 'path', required: true, allowReserved: true, schema: {} }]
    const urls = ['3.1.0', '3.2.0'].map(async (version) => {
      return (await get(parameters, { v: 'a:b/c' }, { path: '/x/{v}', version })).request?.url
    })
    expect(await Promise.all(urls)).toEqual(['/x/a%3Ab%2Fc', '/x/a:b%2Fc'])
  })

  test.each(['..', '%2e%2E'])('with allowReserved in a path cannot be %s', async (v) => {
    const parameters = [{ name: 'v', in: 'path', required: true, allowReserved: true, schema: {} }]
    const { request, error } = await get(parameters, { v }, { path: '/x/{v}', version: '3.2.0' })
    expect([request, error]).toEqual([undefined, `a part of the path "/x/{v}" would be "${v}"`])
  })

  test('that is not in the path is left out', async () => {
    const { tool } = await get([{ name: 'v', in: 'path', required: true, schema: {} }], {})
    expect(tool?.inputSchema).toMatchObject({ properties: {} })
  })

  test('can be the whole query in version 3.2', async () => {
    const parameter = (content: object): object[] => [{ name: 'q', in: 'querystring', content }]
    const form = { 'application/x-www-form-urlencoded': {} }
    const one = await get(parameter(form), { q: { a: 'x y', b: [1, 2] } }, { version: '3.2.0' })
    expect(one.request?.url).toBe('/x?a=x+y&b=1&b=2')
    const encoding = { b: { style: 'pipeDelimited', explode: false } }
    const styled = { 'application/x-www-form-urlencoded': { encoding } }
    const piped = await get(parameter(styled), { q: { b: ['x', 'y'] } }, { version: '3.2.0' })
    expect(piped.request?.url).toBe('/x?b=x%7Cy')
    const other = await get(parameter({ 'application/json': {} }), { q: { a: [1] } }, { version: '3.2.0' })
    expect(other.request?.url).toBe('/x?%7B%22a%22%3A%5B1%5D%7D')
  })
})

test('a required parameter that allows null is left out for null, except in a path', async () => {
  const parameter = (location: string): object => {
    return { name: 'p', in: location, required: true, schema: { type: ['string', 'null'] } }
  }
  const settings = { method: 'GET', path: '/x/{p}' }
  const parameters = [parameter('query'), parameter('header'), parameter('cookie')]
  const { request } = await calledOperation(
    { parameters },
    { p: null, p_header: null, p_cookie: null },
    { method: 'GET' },
  )
  expect([request?.url, request?.headers['p'], request?.headers['cookie']]).toEqual(['/x', undefined, undefined])
  const inPath = await calledOperation({ parameters: [parameter('path')] }, { p: null }, settings)
  expect(inPath.error).toBe('path parameter "p" is missing')
})

test('an operation of additionalOperations is a tool', async () => {
  const document = { paths: { '/x': { additionalOperations: { COPY: { operationId: 'copyX' } } } } }
  const { tool, request } = await calledOperation({}, {}, { document, version: '3.2.0' })
  expect([tool?.name, request?.method]).toEqual(['copyX', 'COPY'])
})

test.each([
  [undefined, 'application/json, */*;q=0.5'],
  [['application/pdf', 'text/csv'], 'application/pdf, text/csv, */*;q=0.5'],
  [['application/xml', 'application/vnd.a+json'], 'application/vnd.a+json, */*;q=0.5'],
  [['*/*'], '*/*'],
])('an operation whose response is %j accepts %s', async (types, accept) => {
  const content = Object.fromEntries((types ?? []).map((type) => [type, {}]))
  const { request } = await calledOperation({ responses: { 200: { content } } }, {})
  expect(request?.headers.accept).toBe(accept)
})
