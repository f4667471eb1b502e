import { isRecord } from '../../protocol/json.ts'

/** A schema of any make: what a model is shown of it, and the check that it brings along. */
export type ReadSchema = {
  /** JSON Schema of what goes in, or undefined when the schema cannot say. */
  readonly input: unknown
  /** JSON Schema of what comes out of the check. */
  readonly output: unknown
  /** The value as the schema's own validator gives it back; without one, the value itself. Throws what does not fit. */
  readonly parse: (value: unknown) => unknown
  /** Whether the schema brings a validator along. */
  readonly checks: boolean
}

type Standard = { readonly validate: (value: unknown) => unknown; readonly converter: unknown }

/**
 * Reads a Standard Schema (zod 4, Valibot, ArkType and others) or a plain JSON Schema. A schema that cannot be written as
 * JSON Schema is still used for checking.
 */
export function readSchema(schema: unknown): ReadSchema {
  const standard = standardOf(schema)
  if (standard === null)
    return { input: schema ?? undefined, output: schema ?? undefined, parse: (value) => value, checks: false }
  return {
    input: converted(standard.converter, 'input'),
    output: converted(standard.converter, 'output'),
    checks: true,
    parse: async (value) => parsed(await standard.validate(value)),
  }
}

/** What does not fit, as one line of text. Takes the issues of a Standard Schema. */
export function issuesText(issues: readonly unknown[]): string {
  const lines = issues.slice(0, 8).map((issue) => {
    if (!isRecord(issue)) return String(issue)
    const path = Array.isArray(issue['path']) ? issue['path'].map((key: unknown) => keyText(key)).join('.') : ''
    const message = typeof issue['message'] === 'string' ? issue['message'] : 'it does not fit'
    return path === '' ? message : `${path}: ${message}`
  })
  const more = issues.length > lines.length ? `; and ${issues.length - lines.length} more` : ''
  return `the input does not fit the tool's schema: ${lines.join('; ')}${more}`
}

function standardOf(schema: unknown): Standard | null {
  // ArkType's schemas are functions.
  const holder = (typeof schema === 'object' && schema !== null) || typeof schema === 'function' ? schema : {}
  const standard: unknown = '~standard' in holder ? holder['~standard'] : null
  if (!isRecord(standard)) return null
  const { validate, jsonSchema } = standard
  if (typeof validate !== 'function') return null
  return { validate: (value) => Reflect.apply(validate, standard, [value]), converter: jsonSchema }
}

function converted(converter: unknown, side: 'input' | 'output'): unknown {
  if (!isRecord(converter)) return undefined
  const convert = converter[side]
  if (typeof convert !== 'function') return undefined
  try {
    return Reflect.apply(convert, converter, [{ target: 'draft-2020-12' }])
  } catch {
    // A date, for example, has no JSON Schema: the tool is shown without a type.
    return undefined
  }
}

function parsed(result: unknown): unknown {
  if (!isRecord(result)) throw new TypeError("the tool's schema gave no verdict")
  if (Array.isArray(result['issues'])) throw new TypeError(issuesText(result['issues']))
  return result['value']
}

function keyText(key: unknown): string {
  return String(isRecord(key) && 'key' in key ? key['key'] : key)
}
