import { describe, expect, test } from 'vitest'
import type { Parameter, ParameterLocation } from '../operation/operation.ts'
import { cookiePairs, queryPairs, serializeParameter } from './serialize-parameter.ts'

const list = ['blue', 'black', 'brown']
const object = { R: 100, G: 200, B: 150 }

// The table of the specification: OpenAPI 3.0.4, 3.1.1 and 3.2, "Style Examples". The column "undefined" is that of values without
// content, which is called "empty" in 3.0.3 and 3.1.0. The rows of `label` are those of RFC 6570, which 3.0.3 misquotes.
type Row = readonly [style: string, explode: boolean, empty: string, string: string, array: string, object: string]
const inPath: readonly Row[] = [
  ['matrix', false, ';color', ';color=blue', ';color=blue,black,brown', ';color=R,100,G,200,B,150'],
  ['matrix', true, ';color', ';color=blue', ';color=blue;color=black;color=brown', ';R=100;G=200;B=150'],
  ['label', false, '.', '.blue', '.blue,black,brown', '.R,100,G,200,B,150'],
  ['label', true, '.', '.blue', '.blue.black.brown', '.R=100.G=200.B=150'],
  ['simple', false, '', 'blue', 'blue,black,brown', 'R,100,G,200,B,150'],
  ['simple', true, '', 'blue', 'blue,black,brown', 'R=100,G=200,B=150'],
]
const inQuery: readonly Row[] = [
  ['form', false, 'color=', 'color=blue', 'color=blue,black,brown', 'color=R,100,G,200,B,150'],
  ['form', true, 'color=', 'color=blue', 'color=blue&color=black&color=brown', 'R=100&G=200&B=150'],
  ['spaceDelimited', false, 'color=', 'color=blue', 'color=blue%20black%20brown', 'color=R%20100%20G%20200%20B%20150'],
  ['pipeDelimited', false, 'color=', 'color=blue', 'color=blue%7Cblack%7Cbrown', 'color=R%7C100%7CG%7C200%7CB%7C150'],
  // The specification defines none of the following except objects of `deepObject`.
  ['spaceDelimited', true, 'color=', 'color=blue', 'color=blue&color=black&color=brown', 'R=100&G=200&B=150'],
  ['pipeDelimited', true, 'color=', 'color=blue', 'color=blue&color=black&color=brown', 'R=100&G=200&B=150'],
  ...[false, true].map((explode): Row => [
    'deepObject',
    explode,
    'color=',
    'color=blue',
    'color%5B%5D=blue&color%5B%5D=black&color%5B%5D=brown',
    'color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150',
  ]),
]
const inCookie: readonly Row[] = [
  ['form', false, 'color=', 'color=blue', 'color=blue,black,brown', 'color=R,100,G,200,B,150'],
  ['form', true, 'color=', 'color=blue', 'color=blue; color=black; color=brown', 'R=100; G=200; B=150'],
  ['cookie', false, 'color=', 'color=blue', 'color=blue,black,brown', 'color=R,100,G,200,B,150'],
  ['cookie', true, 'color=', 'color=blue', 'color=blue; color=black; color=brown', 'R=100; G=200; B=150'],
]

describe('the table of style examples', () => {
  const values = ['', 'blue', list, object]

  test.each(inPath)('holds for a path parameter with style %s and explode %j', (style, explode, ...texts) => {
    const path = parameter('path', style, { explode })
    expect(values.map((value) => serializeParameter(path, value))).toEqual(texts)
    expect([[], {}].map((value) => serializeParameter(path, value))).toEqual([texts[0], texts[0]])
  })

  test.each(inQuery)('holds for a query parameter with style %s and explode %j', (style, explode, ...texts) => {
    const query = parameter('query', style, { explode })
    expect(values.map((value) => queryText(query, value))).toEqual(texts)
  })

  test.each(inCookie)('holds for a cookie parameter with style %s and explode %j', (style, explode, ...texts) => {
    const cookie = parameter('cookie', style, { explode })
    expect(values.map((value) => cookieText(cookie, value))).toEqual(texts)
  })

  test.each([
    [false, ['', 'blue', 'blue,black,brown', 'R,100,G,200,B,150']],
    [true, ['', 'blue', 'blue,black,brown', 'R=100,G=200,B=150']],
  ])('holds for a header parameter with explode %j', (explode, texts) => {
    expect(values.map((value) => serializeParameter(parameter('header', 'simple', { explode }), value))).toEqual(texts)
  })
})

describe('a query parameter', () => {
  const nested = { a: [1, 2], b: { c: [{ d: 3 }, { d: 4 }] } }
  const brackets = 'color[a][]=1&color[a][]=2&color[b][c][0][d]=3&color[b][c][1][d]=4'
  const cases: [style: string, explode: boolean, value: unknown, text: string][] = [
    ['deepObject', true, nested, brackets],
    ['deepObject', false, nested, brackets],
    ['form', false, nested, brackets],
    ['form', true, nested, 'a[]=1&a[]=2&b[c][0][d]=3&b[c][1][d]=4'],
    ['form', true, [{ d: 3 }, [4]], 'color[0][d]=3&color[1][]=4'],
    ['pipeDelimited', false, [{ d: 3 }], 'color[0][d]=3'],
    ['deepObject', true, [{ d: 3 }], 'color[0][d]=3'],
  ]
  test.each(cases)('with style %s and explode %j has brackets where %j is nested', (style, explode, value, text) => {
    expect(decodeURIComponent(queryText(parameter('query', style, { explode }), value))).toBe(text)
  })

  test.each([
    ['form', true],
    ['form', false],
    ['spaceDelimited', false],
    ['pipeDelimited', false],
    ['deepObject', true],
  ])('with style %s and explode %j is left out without a value', (style, explode) => {
    const own = parameter('query', style, { explode })
    const empty = [undefined, null, [], {}, [null], { a: null, b: undefined }]
    expect(empty.map((value) => queryText(own, value))).toEqual(empty.map(() => ''))
    const kept = { ...own, allowEmptyValue: true }
    expect([[], {}].map((value) => queryText(kept, value))).toEqual(['color=', 'color='])
  })

  test('leaves out members and elements without a value', () => {
    expect(queryText(parameter('query', 'form'), { a: null, b: undefined, c: false })).toBe('c=false')
    expect(queryText(parameter('query', 'form'), ['a', null, 'b'])).toBe('color=a&color=b')
    expect(queryText(parameter('query', 'deepObject'), { a: { b: null }, c: 0 })).toBe('color%5Bc%5D=0')
  })

  test('encodes delimiters in values, and not those between them', () => {
    expect(queryText(parameter('query', 'form', { explode: false }), ['a,b', 'c&d'])).toBe('color=a%2Cb,c%26d')
    expect(queryText(parameter('query', 'form', { explode: false }), { 'x,y': '=' })).toBe('color=x%2Cy,%3D')
    expect(queryText({ ...parameter('query', 'form'), name: 'a&b[]' }, '+ é😀')).toBe(
      'a%26b%5B%5D=%2B%20%C3%A9%F0%9F%98%80',
    )
  })

  test('with allowReserved keeps reserved characters and triplets, except those that end a value', () => {
    const query = parameter('query', 'form', { allowReserved: true })
    expect(queryText(query, "/a:b?c[d]@e!f$g'h(i)*,;=%2F")).toBe("color=/a:b?c[d]@e!f$g'h(i)*,;=%2F")
    expect(queryText(query, 'a&b#c+d 100%é')).toBe('color=a%26b%23c%2Bd%20100%25%C3%A9')
    expect(queryText(parameter('query', 'form'), "/:'%2F")).toBe('color=%2F%3A%27%252F')
  })
})

test.each([
  [0, '0'],
  [-0, '0'],
  [1e21, '1000000000000000000000'],
  [-1.5e300, `-15${'0'.repeat(299)}`],
  [1e-7, '0.0000001'],
  [-1.25e-9, '-0.00000000125'],
  [123_456_789_012_345_680_000, '123456789012345680000'],
  [9_007_199_254_740_993n, '9007199254740993'],
  [true, 'true'],
  [false, 'false'],
  [new Date(0), '1970-01-01T00:00:00.000Z'],
])('the value %s is sent as %s everywhere', (value, text) => {
  expect(serializeParameter(parameter('header', 'simple'), value)).toBe(text)
  expect(decodeURIComponent(serializeParameter(parameter('path', 'simple'), value))).toBe(text)
  expect(decodeURIComponent(queryText(parameter('query', 'form'), [value]))).toBe(`color=${text}`)
})

test.each([[Number.NaN], [Number.POSITIVE_INFINITY], [[Number.NaN]]])('the value %j is refused', (value) => {
  expect(() => queryPairs(parameter('query', 'form'), value)).toThrow('expected a finite number')
  expect(() => serializeParameter(parameter('path', 'simple'), value)).toThrow('expected a finite number')
})

describe('a path parameter', () => {
  test.each([
    ['simple', 'a/b,c d', 'a%2Fb%2Cc%20d'],
    ['simple', "it's (x)!*", 'it%27s%20%28x%29%21%2A'],
    ['simple', ['a,b', 'c'], 'a%2Cb,c'],
    ['simple', { a: { b: 1 }, c: [2] }, 'a,%7B%22b%22%3A1%7D,c,%5B2%5D'],
    ['label', ['a.b', '/'], '.a.b,%2F'],
    ['matrix', 'a;b=c', ';color=a%3Bb%3Dc'],
    ['matrix', ['', 'a'], ';color=,a'],
  ])('with style %s serializes %j as %s', (style, value, text) => {
    expect(serializeParameter(parameter('path', style), value)).toBe(text)
  })

  test('with style matrix and explode has no = after a name without a value', () => {
    expect(serializeParameter(parameter('path', 'matrix', { explode: true }), ['', 'a'])).toBe(';color;color=a')
    expect(serializeParameter(parameter('path', 'matrix', { explode: true }), { R: '', G: 1 })).toBe(';R;G=1')
  })

  test('with allowReserved keeps the reserved characters that a segment can contain', () => {
    const path = parameter('path', 'simple', { allowReserved: true })
    expect(serializeParameter(path, "a:b@c!$&'()*+,;=/?#[]%2F%")).toBe("a:b@c!$&'()*+,;=%2F%3F%23%5B%5D%2F%25")
  })
})

test('a parameter with a media type is serialized as its content', () => {
  const json = (location: ParameterLocation): Parameter => ({
    ...parameter(location, 'form'),
    mediaType: 'application/json',
  })
  expect(queryText(json('query'), { a: [1] })).toBe('color=%7B%22a%22%3A%5B1%5D%7D')
  expect(queryText(json('query'), 'x')).toBe('color=%22x%22')
  expect(serializeParameter(json('path'), { a: 1 })).toBe('%7B%22a%22%3A1%7D')
  expect(serializeParameter(json('header'), { a: 1 })).toBe('{"a":1}')
  expect(cookieText(json('cookie'), [1])).toBe('color=%5B1%5D')
  const plain = { ...parameter('query', 'form'), mediaType: 'text/plain' }
  expect(queryText(plain, 'a b')).toBe('color=a%20b')
})

test('a header parameter is not encoded, and lists and objects inside of others are JSON', () => {
  const header = parameter('header', 'simple', { explode: true })
  expect(serializeParameter(header, 'a b, "c"%')).toBe('a b, "c"%')
  expect(serializeParameter(header, { a: { b: 1 }, c: 2 })).toBe('a={"b":1},c=2')
})

test('a cookie of style form is encoded, and one of style cookie must need no escape', () => {
  expect(cookieText(parameter('cookie', 'form'), 'a b;c')).toBe('color=a%20b%3Bc')
  const plain = parameter('cookie', 'cookie')
  expect(cookieText(plain, 'a%20b=c')).toBe('color=a%20b=c')
  for (const value of ['a;b', 'a\r\nb', 'é', { 'a=b': 1 }]) {
    expect(() => cookiePairs(plain, value)).toThrow('cookie parameter "color" has characters that are invalid')
  }
})

function queryText(query: Parameter, value: unknown): string {
  return queryPairs(query, value)
    .map((pair) => pair.join('='))
    .join('&')
}

function cookieText(cookie: Parameter, value: unknown): string {
  return cookiePairs(cookie, value)
    .map((pair) => pair.join('='))
    .join('; ')
}

function parameter(
  location: ParameterLocation,
  style: string,
  settings: Partial<Pick<Parameter, 'explode' | 'allowReserved'>> = {},
): Parameter {
  return {
    key: 'color',
    name: 'color',
    in: location,
    required: false,
    description: '',
    schema: {},
    style,
    explode: style === 'form' || style === 'cookie',
    allowReserved: false,
    allowEmptyValue: false,
    mediaType: null,
    encodings: new Map(),
    ...settings,
  }
}
