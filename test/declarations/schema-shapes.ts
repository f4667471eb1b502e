import fc from 'fast-check'
import { statesDefault } from '../../src/declarations/in-place-schemas.ts'

/** A schema with valid values, and values that are invalid in a way that a type can express. */
export type Shape = {
  readonly schema: unknown
  readonly valid: fc.Arbitrary<unknown>
  readonly broken: fc.Arbitrary<unknown>
}

/** Schemas that the shapes refer to. */
export const definitions: Readonly<Record<string, unknown>> = {
  name: { type: 'string', description: 'A name' },
  tree: {
    type: 'object',
    properties: { label: { type: 'string' }, children: { type: 'array', items: { $ref: '#/$defs/tree' } } },
    required: ['label'],
  },
  expression: {
    anyOf: [{ type: 'number' }, { type: 'array', items: { $ref: '#/$defs/expression' } }],
  },
}

const word = fc.constantFrom('a', 'b', 'c', 'x-y', '1st', 'end*/', '"q"')
const number = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }))

const tree = fc.letrec((tie) => ({
  tree: fc.record(
    { label: fc.string(), children: fc.array(tie('tree'), { maxLength: 2, depthIdentifier: 'tree' }) },
    { requiredKeys: ['label'] },
  ),
})).tree
const expression = fc.letrec((tie) => ({
  expression: fc.oneof({ maxDepth: 3 }, fc.integer(), fc.array(tie('expression'), { maxLength: 3 })),
})).expression

const leaves: readonly Shape[] = [
  { schema: { type: 'string', minLength: 0 }, valid: fc.string(), broken: fc.constantFrom(1, null, true, [], {}) },
  { schema: { type: 'number' }, valid: number, broken: fc.constantFrom('1', null, [1]) },
  { schema: { type: 'integer', default: 1 }, valid: fc.integer(), broken: fc.constantFrom('1', false) },
  { schema: { type: 'boolean' }, valid: fc.boolean(), broken: fc.constantFrom(0, 'true', null) },
  { schema: { type: 'null' }, valid: fc.constant(null), broken: fc.constantFrom(0, '', false) },
  {
    schema: { const: { k: [1, 'x'] } },
    valid: fc.constant({ k: [1, 'x'] }),
    broken: fc.constantFrom({ k: [2, 'x'] }, {}),
  },
  {
    schema: { enum: ['a', 'b*/', 3, null] },
    valid: fc.constantFrom('a', 'b*/', 3, null),
    broken: fc.constantFrom('c', 4),
  },
  { schema: { type: ['string', 'null'] }, valid: fc.constantFrom('', null), broken: fc.constantFrom(1, []) },
  { schema: { $ref: '#/$defs/name' }, valid: fc.string(), broken: fc.constant(7) },
  {
    schema: { $ref: '#/$defs/tree' },
    valid: tree,
    broken: fc.constantFrom({}, { label: 'a', children: [{ label: 1 }] }),
  },
  { schema: { $ref: '#/$defs/expression' }, valid: expression, broken: fc.constantFrom('x', [[['x']]]) },
  {
    schema: {
      type: 'object',
      properties: { a: { type: 'string' }, b: {} },
      anyOf: [{ required: ['a'] }, { required: ['b'] }],
    },
    valid: fc.constantFrom({ a: 'x' }, { b: 1 }, { a: '', b: null }),
    broken: fc.constantFrom({}, { a: 1 }, { a: 1, b: 1 }),
  },
  {
    schema: { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: { type: 'number' } },
    valid: fc.constantFrom({}, { a: 'x' }, { a: 'x', b: 2 }, { b: 3 }),
    broken: fc.constantFrom({ a: 1 }, { b: true }, { a: 'x', b: [] }),
  },
  {
    schema: { patternProperties: { '^x-': { type: 'number' } }, type: 'object', additionalProperties: false },
    valid: fc.constantFrom({}, { 'x-a': 1 }),
    broken: fc.constantFrom({ 'x-a': 'one' }),
  },
]

const anyLeaf = fc.constantFrom(...leaves)

/** Schemas of every kind, nested. */
export const shape: fc.Arbitrary<Shape> = fc.letrec<{ shape: Shape }>((tie) => ({
  shape: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    anyLeaf,
    tie('shape').map(listOf),
    fc.array(tie('shape'), { minLength: 1, maxLength: 3 }).map(tupleOf),
    fields(tie('shape')).map(objectOf),
    fc.tuple(fields(tie('shape')), fields(tie('shape'))).map(bothOf),
    tie('shape').map(orNull),
  ),
})).shape

function listOf({ schema, valid, broken }: Shape): Shape {
  return {
    schema: { type: 'array', items: schema },
    valid: fc.array(valid, { maxLength: 3 }),
    broken: fc.oneof(
      fc.constantFrom(1, 'x'),
      broken.map((value) => [value]),
    ),
  }
}

function tupleOf(elements: readonly Shape[]): Shape {
  const valid = fc.tuple(...elements.map((element) => element.valid))
  return {
    schema: {
      type: 'array',
      prefixItems: elements.map(({ schema }) => schema),
      items: false,
      minItems: elements.length,
    },
    valid,
    broken: fc.oneof(
      valid.map((values) => values.slice(1)),
      valid.map((values) => [...values, 1]),
      fc.tuple(valid, elements[0]?.broken ?? fc.nat()).map(([[, ...others], first]) => [first, ...others]),
    ),
  }
}

type Property = { readonly name: string; readonly isRequired: boolean; readonly shape: Shape }

function fields(shapes: fc.Arbitrary<Shape>): fc.Arbitrary<Property[]> {
  const property = fc.record({ name: word, isRequired: fc.boolean(), shape: shapes })
  return fc.uniqueArray(property, { minLength: 1, maxLength: 4, selector: ({ name }) => name })
}

function objectOf(properties: readonly Property[]): Shape {
  const required = properties.filter(({ isRequired }) => isRequired).map(({ name }) => name)
  const valid = fc.record(Object.fromEntries(properties.map(({ name, shape: { valid: value } }) => [name, value])), {
    requiredKeys: required,
  })
  const wrong = properties.map(({ name, shape: { broken } }) =>
    fc.tuple(valid, broken).map(([value, member]) => ({ ...value, [name]: member })),
  )
  const needed = properties.filter(
    (property) => property.isRequired && !statesDefault(property.shape.schema, () => null),
  )
  const missing = needed.map(({ name }) =>
    valid.map((value) => Object.fromEntries(Object.entries(value).filter(([key]) => key !== name))),
  )
  return {
    schema: {
      type: 'object',
      properties: Object.fromEntries(properties.map(({ name, shape: { schema } }) => [name, schema])),
      required,
    },
    valid,
    broken: fc.oneof(fc.constant(null), ...wrong, ...missing),
  }
}

function bothOf([first, second]: readonly [readonly Property[], readonly Property[]]): Shape {
  const names = new Set(first.map(({ name }) => name))
  const one = objectOf(first)
  const two = objectOf(second.filter(({ name }) => !names.has(name)))
  const both = fc.tuple(one.valid, two.valid).map(([a, b]) => Object.assign({}, a, b))
  const { schema } = two
  return {
    schema: { allOf: [one.schema], ...Object(schema) },
    valid: both,
    broken: fc
      .tuple(
        both,
        one.broken.filter((value) => value !== null),
      )
      .map(([a, b]) => {
        const others = Object.entries(a).filter(([name]) => !names.has(name))
        return { ...Object.fromEntries(others), ...Object(b) }
      }),
  }
}

function orNull({ schema, valid, broken }: Shape): Shape {
  return {
    schema: { anyOf: [schema, { type: 'null' }] },
    valid: fc.oneof(valid, fc.constant(null)),
    broken: broken.filter((value) => value !== null),
  }
}
