import { expect, test } from 'vitest'
import { idInText, parseWireJson } from './wire-json.ts'

test.each([
  ['{"a":1}', { a: 1 }],
  ['\uFEFF{"a":1}', { a: 1 }],
  ['{"a":NaN,"b":[-Infinity,Infinity],"c":"NaN \\" Infinity"}', { a: null, b: [null, null], c: 'NaN " Infinity' }],
])('parseWireJson() reads %j', (text, value) => {
  expect(parseWireJson(text)).toEqual(value)
})

test.each(['', '{', 'NaNs', '{"a":undefined}', 'Server listening on NaN'])('parseWireJson() refuses %j', (text) => {
  expect(() => parseWireJson(text)).toThrow(SyntaxError)
})

test.each([
  ['{"id":3,"result":{', 3],
  ['{"result":{"id":9,"x":[{"id":8}]},"id":"a\\"b", oops', 'a"b'],
  [' { "id" : 3 , "result": undefined }', 3],
  ['{"result":"\\"id\\":5","x":"id"}', undefined],
  ['{"id":nope}', undefined],
  ['{"id":null,}', undefined],
  ['"id":3', undefined],
  ['[{"id":3}', undefined],
])('idInText() finds in %j the id %j', (text, id) => {
  expect(idInText(text)).toBe(id)
})

test('idInText() takes linear time', () => {
  expect(idInText(`{${'"'.repeat(200_001)}`)).toBeUndefined()
  expect(idInText(`{"${'\\"'.repeat(200_000)}`)).toBeUndefined()
  expect(() => parseWireJson(`{"${'\\"'.repeat(200_000)}`)).toThrow(SyntaxError)
})
