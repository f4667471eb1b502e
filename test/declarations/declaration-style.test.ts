import { expect, test } from 'vitest'
import { loadCases } from '../conformance/load-cases.ts'
import { declaredTypes } from './declared-types.ts'

// The declarations that a model sees, for the schemas of the conformance cases. The cases state the style of the reference; these are
// the types in which the style of codecell differs (docs/catalogue.md).
const ownStyle: Readonly<Record<string, string>> = {
  'CM-K10.2': '{ a: unknown; }',
  'CM-K13.2': '{ a?: string; b: number; }',
  'CM-K13.3': 'number[] | null',
  'CM-K16.0':
    '{\n // Command to run.\n // Second line.\n cmd: string;\n n?: number;\n [key: string]: string | number | undefined;\n}',
  'CM-K19.0': 'type N = { next?: N; };\nN',
  'CM-K28.0':
    '{\n // outer\n a?: { b?: {\n  // inner\n  // second\n  c?: string;\n }; l?: Array<{\n  // zz\n  z?: string;\n }>; };\n}',
  'CM-K30.0': '{ q: unknown; }',
  'CM-K32.0': '{\n // ends */ comment\n "*/"?: string;\n}',
}

const rendered = loadCases().flatMap(({ id, steps, variants }) =>
  steps.flatMap((step, index) => {
    if (step.do !== 'call' || step.fn !== 'renderSchema') return []
    return [{ name: `${id}.${index}`, schema: step.args[0], reference: variants[0]?.[index]?.get('value') }]
  }),
)

test('conformance cases render schemas', () => {
  expect(rendered.length).toBeGreaterThan(20)
  expect(Object.keys(ownStyle).filter((name) => !rendered.some((each) => each.name === name))).toEqual([])
})

test.each(rendered)(
  'the declaration for $name has the type of the reference or the one in the style of codecell',
  (each) => {
    const type = declaredTypes({ inputSchema: each.schema }).input
    expect(type).toBe(ownStyle[each.name] ?? each.reference)
  },
)

test.each(Object.keys(ownStyle))('the style of codecell differs for %s', (name) => {
  const reference = rendered.find((each) => each.name === name)?.reference
  expect(ownStyle[name]).not.toBe(reference)
})
