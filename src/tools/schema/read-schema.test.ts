import { toStandardJsonSchema } from '@valibot/to-json-schema'
import { type } from 'arktype'
import * as v from 'valibot'
import { expect, test } from 'vitest'
import { z } from 'zod'
import * as mini from 'zod/mini'
import { readSchema, type ReadSchema } from './read-schema.ts'

const person = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] }

test.each([
  ['zod', z.object({ name: z.string() })],
  ['ArkType', type({ name: 'string' })],
  ['Valibot', toStandardJsonSchema(v.object({ name: v.string() }))],
])('readSchema() reads a schema of %s', async (_vendor, schema) => {
  const read = readSchema(schema)
  expect(read).toMatchObject({ type: 'standard', input: person, output: person })
  expect(await verdictOn(read, { name: 'Ada' })).toEqual({ type: 'valid', value: { name: 'Ada' } })
  expect(await verdictOn(read, { name: 7 })).toMatchObject({ type: 'invalid', issues: [expect.anything()] })
})

test.each([
  ['zod', z.object({ when: z.date(), name: z.string() })],
  ['ArkType', type({ when: 'Date', name: 'string' })],
  ['Valibot', toStandardJsonSchema(v.object({ when: v.date(), name: v.string() }))],
])('readSchema() describes a date of %s as any value', (_vendor, schema) => {
  expect(readSchema(schema)).toMatchObject({
    type: 'standard',
    input: { type: 'object', properties: { when: {}, name: { type: 'string' } } },
  })
})

test.each([
  ['JSON Schema', { type: 'object' }, { type: 'json', json: { type: 'object' } }],
  ['a boolean schema', true, { type: 'json', json: true }],
  ['undefined', undefined, { type: 'none' }],
  ['null', null, { type: 'none' }],
])('readSchema() reads %s as it is', (_name, schema, expected) => {
  expect(readSchema(schema)).toEqual(expected)
})

test.each([
  [
    'a schema of Valibot without JSON Schema',
    v.object({}),
    'wrap it in toStandardJsonSchema() of "@valibot/to-json-schema"',
  ],
  ['a schema of zod/mini', mini.object({}), 'use "zod" 4.2 or later, not "zod/mini"'],
  [
    'a schema of another library',
    { '~standard': { version: 1, vendor: 'odd', validate: () => null } },
    'StandardJSONSchemaV1',
  ],
  ['a Standard Schema without a validation', { '~standard': { version: 1 } }, 'no function "validate"'],
  [
    'a conversion that throws',
    standard({ input: () => JSON.parse('{'), output: () => ({}) }),
    'it has no JSON Schema: ',
  ],
  ['a conversion to a string', standard({ input: () => '{}', output: () => ({}) }), 'returned no schema'],
  ['a conversion of one side only', standard({ input: () => ({}) }), 'has no function "output"'],
  ['a class instance', new Map(), 'got an instance of Map'],
  ['an object with functions', { parse: () => 1 }, 'got an object with functions'],
  ['a function', () => ({}), 'got a function'],
  ['an array', [], 'got an array'],
  ['a string', 'string', 'got "string"'],
])('readSchema() rejects %s', (_name, schema, reason) => {
  expect(readSchema(schema)).toEqual({ type: 'unusable', reason: expect.stringContaining(reason) })
})

test('readSchema() reads what z.toJSONSchema() returns as JSON Schema', () => {
  const schema = z.toJSONSchema(z.object({ name: z.string().default('Ada') }))
  expect(readSchema(schema)).toEqual({ type: 'json', json: schema })
})

test('readSchema() does not call the getters of a JSON Schema', () => {
  const schema = {
    get type(): string {
      throw new TypeError('called')
    },
  }
  expect(readSchema(schema)).toMatchObject({ type: 'json' })
})

test('a validation without a result throws', async () => {
  const read = readSchema(standard({ input: () => ({}), output: () => ({}) }))
  await expect(verdictOn(read, 1)).rejects.toThrow("the tool's schema returned no result")
})

function standard(jsonSchema: object): object {
  return { '~standard': { version: 1, vendor: 'odd', validate: () => undefined, jsonSchema } }
}

async function verdictOn(read: ReadSchema, value: unknown): Promise<unknown> {
  return read.type === 'standard' ? await read.validate(value) : read
}
