import { describe, expect, test } from 'vitest'
import { OpenApiDocument } from '../document/document.ts'
import type { Operation } from '../operation/operation.ts'
import { foundOperations, readOperation } from '../operation/read-operation.ts'
import { inputForLink, nextLink } from './next-link.ts'

const base = new URL('https://api.example.com/v1/things?page=1')

test.each([
  ['<https://api.example.com/things?page=2>; rel="next"', 'https://api.example.com/things?page=2'],
  ['<https://a.example/1>; rel="prev", <https://a.example/3>; rel="next"', 'https://a.example/3'],
  ['<https://a.example/3>; rel=next', 'https://a.example/3'],
  ['<?page=2>; title="a, <b>; rel=next"; rel="last NEXT"', 'https://api.example.com/v1/things?page=2'],
  ['<https://a.example/?a=1,2>;rel="next"', 'https://a.example/?a=1,2'],
  ['<https://a.example/9>; rel="last"', null],
  ['<https://a.example/9>; title="rel=next"', null],
  ['<http://>; rel="next"', null],
  ['next', null],
  ['', null],
])('nextLink() finds the next page in %s', (link, expected) => {
  expect(nextLink(new Headers({ link }), base)?.href ?? null).toBe(expected)
})

const parameters = [
  { in: 'query', name: 'page', schema: { type: 'integer' } },
  { in: 'query', name: 'after', schema: { type: 'string' } },
  { in: 'query', name: 'all', schema: { type: 'boolean' } },
  { in: 'query', name: 'labels', schema: { type: 'array', items: { type: 'string' } } },
  { in: 'path', name: 'id', required: true, schema: { type: 'string' } },
]
const document = new OpenApiDocument({ openapi: '3.1.0', info: {}, paths: { '/{id}': { get: { parameters } } } }, 'x')

function operation(): Operation {
  const [found] = foundOperations(document)
  if (found === undefined) throw new Error('the document has no operation')
  return readOperation(document, found)
}

describe('inputForLink()', () => {
  const url = new URL('https://api.example.com/1?key=secret&labels=a&labels=b')
  const next = (query: string, input: Record<string, unknown>): unknown => {
    const link = new URL(`https://api.example.com/things/1?${query}`)
    return inputForLink(document, operation(), { input, link, url })
  }

  test.each([
    ['page=2', { id: '1', page: 1 }, { id: '1', page: 2 }],
    ['after=12&all=true', { id: '1' }, { id: '1', after: '12', all: true }],
    ['after=x', { id: '1', page: 3 }, { id: '1', after: 'x' }],
    ['labels=a&labels=b&page=2', { id: '1', labels: ['a', 'b'] }, { id: '1', labels: ['a', 'b'], page: 2 }],
    ['labels%5B%5D=a&page=2', { id: '1', labels: ['a'] }, { id: '1', labels: ['a'], page: 2 }],
    ['key=secret&page=2', { id: '1' }, { id: '1', page: 2 }],
  ])('returns the input for the query %s', (query, input, expected) => {
    expect(next(query, input)).toEqual(expected)
  })

  test('refuses a parameter that the operation does not have', () => {
    expect(() => next('cursor=abc', { id: '1' })).toThrow('its next page has the parameter "cursor"')
  })
})
