import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyCharacter } from '../../../test/support/any-character.ts'
import { jsonObjectMembers } from './json-members.ts'

test('jsonObjectMembers() returns repeated keys and numbers as written, in the order of the text', () => {
  const json = ' {"b": 1.0,"2":[{"x":"]}"},{}] , "b" :-0,"\\u0061":"\\"}"}'
  expect(jsonObjectMembers(json)?.map(({ key, valueText }) => [key, valueText])).toEqual([
    ['b', '1.0'],
    ['2', '[{"x":"]}"},{}]'],
    ['b', '-0'],
    ['a', '"\\"}"'],
  ])
})

test('jsonObjectMembers() returns the position of each member', () => {
  expect(jsonObjectMembers('{"id": 12 }')).toEqual([
    { key: 'id', keyEnd: 5, valueText: '12', valueStart: 7, valueEnd: 9 },
  ])
})

test.each(['[]', '1', '"{}"', 'null', 'true'])('jsonObjectMembers() returns null for %s', (json) => {
  expect(jsonObjectMembers(json)).toBeNull()
})

test.each(['', '{', '{"a":1,}', "{'a':1}", '{} x', '{"a":01}'])(
  'jsonObjectMembers() throws a SyntaxError for %j',
  (json) => {
    expect(() => jsonObjectMembers(json)).toThrow(SyntaxError)
  },
)

test('jsonObjectMembers() refuses more than 127 levels', () => {
  expect(jsonObjectMembers(nested(127))).toHaveLength(1)
  expect(() => jsonObjectMembers(nested(128))).toThrow(new RangeError('recursion limit exceeded'))
})

test('the members of any object make up the object', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ unit: anyCharacter }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 6 }),
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
