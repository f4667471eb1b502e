import { expect, test } from 'vitest'
import type { Parameter, ParameterLocation } from '../operation/operation.ts'
import { queryPairs, serializeParameter } from './serialize-parameter.ts'

const list = ['blue', 'black']
const object = { R: 100, G: 200 }

// The table of the specification: OpenAPI 3.1, "Style Examples".
const inPath: [style: string, explode: boolean, value: unknown, text: string][] = [
  ['simple', false, 'blue', 'blue'],
  ['simple', false, list, 'blue,black'],
  ['simple', false, object, 'R,100,G,200'],
  ['simple', true, object, 'R=100,G=200'],
  ['label', false, 'blue', '.blue'],
  ['label', false, list, '.blue,black'],
  ['label', true, list, '.blue.black'],
  ['label', true, object, '.R=100.G=200'],
  ['matrix', false, 'blue', ';color=blue'],
  ['matrix', false, list, ';color=blue,black'],
  ['matrix', true, list, ';color=blue;color=black'],
  ['matrix', false, object, ';color=R,100,G,200'],
  ['matrix', true, object, ';R=100;G=200'],
  ['simple', false, 'a/b,c d', 'a%2Fb%2Cc%20d'],
]
test.each(inPath)(
  'a path parameter with style %s and explode %j serializes %j as %j',
  (style, explode, value, text) => {
    expect(serializeParameter(parameter('path', style, explode), value)).toBe(text)
  },
)

const inQuery: [style: string, explode: boolean, value: unknown, pairs: [string, string][]][] = [
  ['form', true, 'blue', [['color', 'blue']]],
  [
    'form',
    true,
    list,
    [
      ['color', 'blue'],
      ['color', 'black'],
    ],
  ],
  ['form', false, list, [['color', 'blue,black']]],
  [
    'form',
    true,
    object,
    [
      ['R', '100'],
      ['G', '200'],
    ],
  ],
  ['form', false, object, [['color', 'R,100,G,200']]],
  ['spaceDelimited', false, list, [['color', 'blue black']]],
  ['pipeDelimited', false, list, [['color', 'blue|black']]],
  [
    'deepObject',
    true,
    object,
    [
      ['color[R]', '100'],
      ['color[G]', '200'],
    ],
  ],
  ['form', false, [], []],
  ['form', true, [], []],
  ['form', true, { a: null, b: undefined, c: false }, [['c', 'false']]],
]
test.each(inQuery)(
  'a query parameter with style %s and explode %j serializes %j as %j',
  (style, explode, value, pairs) => {
    expect(queryPairs(parameter('query', style, explode), value)).toEqual(pairs)
  },
)

test('a parameter with a media type is serialized as JSON', () => {
  const json = { ...parameter('query', 'form', true), isJson: true }
  expect(queryPairs(json, { a: [1] })).toEqual([['color', '{"a":[1]}']])
})

test.each([[[['nested']]], [{ a: { b: 1 } }]])('a query parameter with the nested value %j is refused', (value) => {
  const message = 'query parameter "color" must be a string, a number, a boolean, or a flat list or object of these'
  expect(() => queryPairs(parameter('query', 'form', true), value)).toThrow(message)
})

function parameter(location: ParameterLocation, style: string, explode: boolean): Parameter {
  return {
    key: 'color',
    name: 'color',
    in: location,
    required: false,
    description: '',
    schema: {},
    style,
    explode,
    allowReserved: false,
    isJson: false,
  }
}
