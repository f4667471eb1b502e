import { Validator, type Schema } from '@cfworker/json-schema'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { judge } from './assignments.ts'
import { definitions, shape } from './schema-shapes.ts'

const sample = shape.chain(({ schema, valid, broken }) => fc.record({ schema: fc.constant(schema), valid, broken }))

test('the type of a schema accepts its valid values and refuses the others', () => {
  const samples = fc.array(sample, { minLength: 180, maxLength: 180 })
  fc.assert(
    fc.property(samples, (cases) => {
      const rooted = cases.map(({ schema, ...values }) => ({
        schema: { $defs: definitions, allOf: [schema] },
        ...values,
      }))
      const judged = rooted.flatMap(({ schema, valid, broken }) => {
        const plain: Schema = JSON.parse(JSON.stringify(schema))
        const validator = new Validator(plain, '2020-12')
        return [valid, broken].map((value) => ({ schema, value, isValid: validator.validate(value).valid }))
      })
      const verdicts = judge(judged)
      const wrong = judged.filter(({ isValid }, at) => isValid !== (verdicts[at] === null))
      expect(wrong).toEqual([])
    }),
    { numRuns: 2, endOnFailure: true },
  )
})
