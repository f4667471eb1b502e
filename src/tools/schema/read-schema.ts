import { messageOf } from '../../errors.ts'
import { awaitGuarded } from '../../protocol/guarded-calls.ts'
import { isRecord } from '../../protocol/json.ts'
import type { JsonSchema } from './standard-schema.ts'

/** A schema as a tool was given it. */
export type ReadSchema =
  | { readonly type: 'none' }
  | { readonly type: 'json'; readonly json: JsonSchema }
  | ReadStandardSchema
  /** Neither JSON Schema nor a Standard Schema that has one. */
  | { readonly type: 'unusable'; readonly reason: string }

/** A Standard Schema with the JSON Schemas of both of its sides. */
export type ReadStandardSchema = {
  readonly type: 'standard'
  readonly input: JsonSchema
  readonly output: JsonSchema
  readonly validate: Validate
}

/** Validates a value. Throws when the schema itself throws or returns no result. */
export type Validate = (value: unknown) => Verdict | Promise<Verdict>

type Verdict =
  | { readonly type: 'valid'; readonly value: unknown }
  | { readonly type: 'invalid'; readonly issues: readonly unknown[] }

/** Reads a Standard Schema (zod 4, ArkType, Valibot and others) or a JSON Schema. */
export function readSchema(schema: unknown): ReadSchema {
  if (schema === undefined || schema === null) return { type: 'none' }
  const standard = standardOf(schema)
  if (standard !== null) return readStandard(standard)
  if (typeof schema === 'boolean' || (isRecord(schema) && isPlainJson(schema))) return { type: 'json', json: schema }
  return { type: 'unusable', reason: `expected JSON Schema or a Standard Schema, got ${kindOf(schema)}` }
}

function readStandard(standard: Readonly<Record<string, unknown>>): ReadSchema {
  const { jsonSchema, vendor } = standard
  const validate = validateOf(standard)
  if (validate === null) {
    return { type: 'unusable', reason: 'its "~standard" has no function "validate"' }
  }
  if (!isRecord(jsonSchema)) return { type: 'unusable', reason: adviceFor(vendor) }
  try {
    return {
      type: 'standard',
      input: converted(jsonSchema, 'input'),
      output: converted(jsonSchema, 'output'),
      validate,
    }
  } catch (error) {
    return { type: 'unusable', reason: `it has no JSON Schema: ${messageOf(error)}` }
  }
}

/** Returns the JSON Schema of one side of a schema; undefined for a schema without one. */
export function jsonSchemaOf(schema: unknown, side: 'input' | 'output'): JsonSchema | undefined {
  const read = readSchema(schema)
  if (read.type === 'json') return read.json
  return read.type === 'standard' ? read[side] : undefined
}

/** Returns the validation of a Standard Schema; null for any other schema. */
export function validatorOf(schema: unknown): Validate | null {
  const standard = standardOf(schema)
  return standard === null ? null : validateOf(standard)
}

function validateOf(standard: Readonly<Record<string, unknown>>): Validate | null {
  const { validate } = standard
  if (typeof validate !== 'function') return null
  return (value) => {
    const result: unknown = Reflect.apply(validate, standard, [value])
    return isThenable(result) ? awaitGuarded(result).then(verdictOf) : verdictOf(result)
  }
}

/** Returns the `~standard` of a schema, null for a value without one. The schemas of ArkType are functions. */
function standardOf(schema: unknown): Readonly<Record<string, unknown>> | null {
  const holder = (typeof schema === 'object' && schema !== null) || typeof schema === 'function' ? schema : {}
  if (!('~standard' in holder)) return null
  // A JSON Schema that zod made refers to the schema it was made from.
  const isHidden = Object.getOwnPropertyDescriptor(holder, '~standard')?.enumerable === false
  if (isHidden && isPlainJson(holder)) return null
  const standard: unknown = holder['~standard']
  return isRecord(standard) ? standard : {}
}

/** Options by library that turn a part without JSON Schema, such as a date, into a schema of any value. */
const lenient = { unrepresentable: 'any', errorMode: 'ignore' }

function converted(converter: Readonly<Record<string, unknown>>, side: 'input' | 'output'): JsonSchema {
  const convert = converter[side]
  if (typeof convert !== 'function') throw new TypeError(`its "~standard.jsonSchema" has no function "${side}"`)
  const target = 'draft-2020-12'
  try {
    return jsonOf(Reflect.apply(convert, converter, [{ target }]))
  } catch {
    return jsonOf(Reflect.apply(convert, converter, [{ target, libraryOptions: lenient }]))
  }
}

function jsonOf(schema: unknown): JsonSchema {
  // A copy without what is not enumerable.
  if (isRecord(schema)) return { ...schema }
  if (typeof schema === 'boolean') return schema
  throw new TypeError('its "~standard.jsonSchema" returned no schema')
}

function adviceFor(vendor: unknown): string {
  const missing = `a Standard Schema of ${typeof vendor === 'string' ? vendor : 'an unknown vendor'} without JSON Schema`
  if (vendor === 'valibot') return `${missing}; wrap it in toStandardJsonSchema() of "@valibot/to-json-schema"`
  if (vendor === 'zod') return `${missing}; use "zod" 4.2 or later, not "zod/mini"`
  return `${missing}; it needs "~standard.jsonSchema" (StandardJSONSchemaV1)`
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value
}

function verdictOf(result: unknown): Verdict {
  // The issues of ArkType are an array.
  const holder: object = typeof result === 'object' && result !== null ? result : {}
  const issues: unknown = 'issues' in holder ? holder.issues : undefined
  if (Array.isArray(issues)) return { type: 'invalid', issues: [...issues] }
  if ('value' in holder) return { type: 'valid', value: holder.value }
  throw new TypeError("the tool's schema returned no result")
}

/** Whether an object can be JSON: a plain one, in whichever realm it was made, without functions. Getters are not called. */
function isPlainJson(schema: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(schema)
  const isPlain = prototype === null || (typeof prototype === 'object' && Object.getPrototypeOf(prototype) === null)
  return (
    isPlain && Object.values(Object.getOwnPropertyDescriptors(schema)).every(({ value }) => typeof value !== 'function')
  )
}

function kindOf(schema: unknown): string {
  if (Array.isArray(schema)) return 'an array'
  if (typeof schema === 'function') return 'a function'
  if (typeof schema !== 'object' || schema === null) return JSON.stringify(schema) ?? typeof schema
  const name: unknown = schema.constructor?.name
  return typeof name === 'string' && name !== 'Object' && name !== ''
    ? `an instance of ${name}`
    : 'an object with functions'
}
