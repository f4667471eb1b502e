import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createInputCheck } from '../../src/tools/validation/check-input.ts'
import { drafts, hasSuite, type SuiteCase, suiteCases, withoutKeywords } from './suite-schemas.ts'

/** The least share of the invalid instances that the check refuses, apart from formats and references to other documents. */
const leastRefused = 0.93

const isRefused = (schema: unknown, data: unknown): boolean => createInputCheck(schema)(data).type === 'wrong'

describe.runIf(hasSuite)('the check of the schemas of the JSON Schema test suite', () => {
  const all = new Map(hasSuite ? drafts.map((draft) => [draft, suiteCases(draft)]) : [])

  test.each(drafts)('refuses no valid instance of %s, and most of the others', (draft) => {
    const cases = all.get(draft) ?? []
    expect(cases.filter(({ valid, schema, data }) => valid && isRefused(schema, data))).toEqual([])
    const invalid = cases.filter(
      ({ name, valid }) => !valid && !/^(?:optional|refRemote|dynamicRef|id|anchor)/.test(name),
    )
    const refused = invalid.filter(({ schema, data }) => isRefused(schema, data))
    expect(refused.length / invalid.length).toBeGreaterThan(leastRefused)
  })

  test.each(drafts)('refuses no valid instance of %s whatever keywords are not supported', (draft) => {
    const cases = (all.get(draft) ?? []).filter(({ valid }) => valid)
    fc.assert(
      fc.property(fc.constantFrom(...cases), fc.integer(), ({ schema, data }, seed) => {
        expect(isRefused(withoutKeywords(schema, chosenBy(seed)), data)).toBe(false)
      }),
      { numRuns: 2_000 },
    )
  })

  test.each(drafts)('refuses nothing that fits a schema of %s inside keywords that negate', (draft) => {
    const cases = (all.get(draft) ?? []).filter(({ schema }) => isSelfContained(schema))
    fc.assert(
      fc.property(
        fc.constantFrom(...cases),
        fc.constantFrom(...wrappers),
        fc.integer(),
        fc.boolean(),
        (one, wrap, seed, isWhole) => {
          const schema = isWhole ? one.schema : withoutKeywords(one.schema, chosenBy(seed))
          const wrapped = wrap({ ...one, schema })
          expect(wrapped !== null && isRefused(wrapped.schema, wrapped.data) ? wrapped : null).toBeNull()
        },
      ),
      { numRuns: 3_000 },
    )
  })
})

/** Chooses about one of three keywords, always the same for one seed. */
function chosenBy(seed: number): (keyword: string) => boolean {
  return (keyword) => {
    let hash = seed
    for (const character of keyword) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01_00_01_93)
    return (hash >>> 8) % 3 === 0
  }
}

/** A pointer must lead to the same target inside another schema. */
function isSelfContained(schema: unknown): boolean {
  return !/"\$(?:ref|dynamicRef|recursiveRef|id|schema|anchor)"|"id"/.test(JSON.stringify(schema))
}

/** Returns a schema around another and an instance that fits it, or null when the instance does not. */
type Wrapper = (one: SuiteCase) => { readonly schema: unknown; readonly data: unknown } | null

const onlyIf = (valid: boolean, wrap: Wrapper): Wrapper => {
  return (one) => (one.valid === valid ? wrap(one) : null)
}

const wrappers: readonly Wrapper[] = [
  onlyIf(false, ({ schema, data }) => ({ schema: { not: schema }, data })),
  onlyIf(true, ({ schema, data }) => ({ schema: { not: { not: schema } }, data })),
  ({ schema, data }) => ({ schema: { oneOf: [schema, { not: schema }] }, data }),
  ({ schema, data }) => ({ schema: { anyOf: [schema, { not: schema }] }, data }),
  onlyIf(true, ({ schema, data }) => ({ schema: { oneOf: [schema, false] }, data })),
  onlyIf(false, ({ schema, data }) => ({ schema: { oneOf: [schema, true] }, data })),
  onlyIf(true, ({ schema, data }) => ({ schema: { if: schema, else: false }, data })),
  onlyIf(false, ({ schema, data }) => ({ schema: { if: schema, then: false }, data })),
  ({ schema, data }) => ({ schema: { if: schema, then: schema, else: { not: schema } }, data }),
  onlyIf(true, ({ schema, data }) => ({ schema: { contains: schema }, data: [data] })),
  onlyIf(true, ({ schema, data }) => ({ schema: { contains: schema, minContains: 2 }, data: [data, data] })),
  onlyIf(false, ({ schema, data }) => ({ schema: { contains: schema, minContains: 0, maxContains: 0 }, data: [data] })),
  onlyIf(false, ({ schema, data }) => ({ schema: { not: { contains: schema } }, data: [data, data] })),
  onlyIf(false, ({ schema, data }) => ({
    schema: { dependentSchemas: { a: { properties: { a: { not: schema } } } } },
    data: { a: data },
  })),
  onlyIf(false, ({ schema, data }) => ({ schema: { not: { properties: { a: schema } } }, data: { a: data } })),
  onlyIf(false, ({ schema, data }) => ({ schema: { not: { additionalProperties: schema } }, data: { a: data } })),
  onlyIf(false, ({ schema, data }) => ({ schema: { not: { patternProperties: { a: schema } } }, data: { a: data } })),
  onlyIf(false, ({ schema, data }) => ({ schema: { not: { items: schema } }, data: [data] })),
  onlyIf(false, ({ schema, data }) => ({ schema: { not: { prefixItems: [schema] } }, data: [data] })),
  onlyIf(true, ({ schema, data }) => ({ schema: { unevaluatedProperties: schema }, data: { a: data } })),
  onlyIf(true, ({ schema, data }) => ({ schema: { unevaluatedItems: schema }, data: [data] })),
  onlyIf(false, ({ schema, data }) => ({ schema: { not: { unevaluatedItems: schema } }, data: [data] })),
  ({ schema, data, valid }) =>
    typeof data === 'string'
      ? { schema: { propertyNames: valid ? schema : { not: schema } }, data: { [data]: 1 } }
      : null,
  onlyIf(true, ({ schema, data }) => ({
    schema: { anyOf: [{ properties: { a: schema } }, { properties: { b: true } }], unevaluatedProperties: false },
    data: { a: data, b: 1 },
  })),
]
