import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyCharacter } from '../../../../test/support/any-character.ts'
import type { Parameter } from '../operation/operation.ts'
import { queryPairs, serializeParameter } from './serialize-parameter.ts'

const special = fc.constantFrom(
  '/',
  '?',
  '#',
  '&',
  '=',
  '%',
  ';',
  ',',
  '.',
  '|',
  '[',
  ']',
  '+',
  ' ',
  '"',
  '<',
  '\\',
  '2',
  'F',
)
const text = fc.string({ unit: fc.oneof(anyCharacter, special) })
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    text,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(text, tie('value'), { maxKeys: 4 }),
  ),
}))
const parameter = fc.record({ explode: fc.boolean(), allowReserved: fc.boolean() })

test('no value leaves its segment of the path', () => {
  fc.assert(
    fc.property(parameter, fc.constantFrom('simple', 'label', 'matrix'), value, (settings, style, given) => {
      fc.pre(given !== null)
      const segment = serializeParameter(parameterOf({ in: 'path', style, ...settings }), given)
      expect(segment).not.toMatch(/[/?#\s"<>\\^`{}|]/)
      expect(new URL(`https://a.test/x${segment}/y`).pathname).toBe(`/x${segment}/y`)
    }),
  )
})

test('no value of a query changes other pairs, and names of a deepObject begin with that of the parameter', () => {
  const styles = fc.constantFrom('form', 'spaceDelimited', 'pipeDelimited', 'deepObject')
  fc.assert(
    fc.property(parameter, styles, value, (settings, style, given) => {
      const pairs = queryPairs(parameterOf({ in: 'query', style, ...settings }), given)
      const query = pairs.map((pair) => pair.join('=')).join('&')
      const url = new URL(`https://a.test/x?first=1&${query === '' ? '' : `${query}&`}last=1#end`)
      const read = [...url.searchParams]
      expect([read.length, read[0], read.at(-1), url.hash]).toEqual([
        pairs.length + 2,
        ['first', '1'],
        ['last', '1'],
        '#end',
      ])
      if (style === 'deepObject') expect(read.slice(1, -1).every(([name]) => /^color(?:\[|$)/.test(name))).toBe(true)
    }),
  )
})

function parameterOf(own: Pick<Parameter, 'in' | 'style' | 'explode' | 'allowReserved'>): Parameter {
  return {
    key: 'color',
    name: 'color',
    required: true,
    description: '',
    schema: {},
    allowEmptyValue: false,
    mediaType: null,
    encodings: new Map(),
    ...own,
  }
}
