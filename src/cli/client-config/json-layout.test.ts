import fc from 'fast-check'
import { parse } from 'jsonc-parser'
import { expect, test } from 'vitest'
import { setJsonValue, withoutJsonProperty } from './json-layout.ts'

const value = { command: 'x', args: [1] }
const path = ['servers', 'mine']

test.each([
  ['', '{\n  "servers": {\n    "mine": {\n      "command": "x",\n      "args": [\n        1\n      ]\n    }\n  }\n}\n'],
  ['{"a":1}', '{"servers":{"mine":{"command":"x","args":[1]}},"a":1}'],
  ['{ "servers": {} }', '{ "servers": {"mine":{"command":"x","args":[1]}} }'],
  [
    '{ // c\n  "servers": {}\n}',
    '{ // c\n  "servers": {\n    "mine": {\n      "command": "x",\n      "args": [\n        1\n      ]\n    }\n  }\n}',
  ],
  [
    '{\r\n\t"servers": {\r\n\t\t// none\r\n\t}\r\n}',
    '{\r\n\t"servers": {\r\n\t\t"mine": {\r\n\t\t\t"command": "x",\r\n\t\t\t"args": [\r\n\t\t\t\t1\r\n\t\t\t]\r\n\t\t}\r\n\t\t// none\r\n\t}\r\n}',
  ],
  ['{\n  "servers": { "other": 1 }\n}', '{\n  "servers": { "mine":{"command":"x","args":[1]}, "other": 1 }\n}'],
  ['{"servers":{"mine":7 /* c */}}', '{"servers":{"mine":{"command":"x","args":[1]} /* c */}}'],
])('setJsonValue() keeps the layout of %j', (before, after) => {
  expect(setJsonValue(before, path, value)).toBe(after)
  expect(parse(after)).toMatchObject({ servers: { mine: value } })
})

/** JSON in one of several layouts. */
const documents = fc
  .record({
    servers: fc.dictionary(fc.constantFrom('a', 'b', 'c "d"', 'é{'), fc.jsonValue({ maxDepth: 2 }), { minKeys: 1 }),
    others: fc.dictionary(fc.constantFrom('x', 'y', 'z'), fc.jsonValue({ maxDepth: 1 })),
    indent: fc.constantFrom(undefined, 1, 2, 4, '\t'),
    lineBreak: fc.constantFrom('\n', '\r\n'),
    isLast: fc.boolean(),
  })
  .map(({ servers, others, indent, lineBreak, isLast }) =>
    JSON.stringify(isLast ? { ...others, servers } : { servers, ...others }, null, indent).replaceAll('\n', lineBreak),
  )

test('withoutJsonProperty() reverts setJsonValue(), and both keep all other bytes', () => {
  fc.assert(
    fc.property(documents, (text) => {
      const added = setJsonValue(text, path, value)
      const content: { servers: object } = parse(text)
      expect(parse(added)).toEqual({ ...content, servers: { ...content.servers, mine: value } })
      expect(withoutJsonProperty(added, ['servers'], 'mine')).toBe(text)
    }),
  )
})

test('withoutJsonProperty() removes any property, and the rest stays valid JSON', () => {
  fc.assert(
    fc.property(documents, (text) => {
      const { servers, ...others }: { servers: Record<string, unknown> } = JSON.parse(text)
      for (const name of Object.keys(servers)) {
        const { [name]: _, ...left } = servers
        expect(JSON.parse(withoutJsonProperty(text, ['servers'], name))).toEqual({ ...others, servers: left })
      }
    }),
  )
})
