import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonObjectMembers } from './json-members.ts'

test('members come in the order of the text, with repeated keys and numbers as written', () => {
  const json = ' {"b": 1.0,"2":[{"x":"]}"},{}] , "b" :-0,"\\u0061":"\\"}"}'
  expect(jsonObjectMembers(json)?.map(({ key, valueText }) => [key, valueText])).toEqual([
    ['b', '1.0'],
    ['2', '[{"x":"]}"},{}]'],
    ['b', '-0'],
    ['a', '"\\"}"'],
  ])
})

test('a member knows where it stands', () => {
  expect(jsonObjectMembers('{"id": 12 }')).toEqual([
    { key: 'id', keyEnd: 5, valueText: '12', valueStart: 7, valueEnd: 9 },
  ])
})

test.each(['[]', '1', '"{}"', 'null', 'true'])('%s is no object', (json) => {
  expect(jsonObjectMembers(json)).toBeNull()
})

test.each(['', '{', '{"a":1,}', "{'a':1}", '{} x', '{"a":01}'])('%j throws the error of the parser', (json) => {
  expect(() => jsonObjectMembers(json)).toThrow(SyntaxError)
})

test('nesting past 127 levels is refused', () => {
  expect(jsonObjectMembers(nested(127))).toHaveLength(1)
  expect(() => jsonObjectMembers(nested(128))).toThrow(new RangeError('recursion limit exceeded'))
})

test('the members of any object give the object again', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 6 }),
      fc.nat(3),
      (value, indent) => {
        const json = JSON.stringify(value, null, indent)
        const members = jsonObjectMembers(json) ?? []
        const again = Object.fromEntries(members.map(({ key, valueText }) => [key, JSON.parse(valueText)]))
        expect(JSON.stringify(again)).toBe(JSON.stringify(JSON.parse(json)))
      },
    ),
  )
})

function nested(levels: number): string {
  return `{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`
}
