import { isRecord } from '../../src/protocol/json.ts'

type Schema = Readonly<Record<string, unknown>>

/** Maximum number of samples of one schema, and of nested schemas. */
const maxSamples = 24
const maxDepth = 8

/**
 * Returns different valid values of a JSON Schema: for an object one with only the required members, one with all members, and one
 * for each further sample of a member. Covers the keywords that real servers use; a value of another schema can be invalid.
 */
export function sampleInputs(schema: unknown): readonly unknown[] {
  return new Sampler(schema).samples(schema, 0)
}

/** Returns invalid values: each lacks one required member without a default, at the first level of the object. */
export function incompleteInputs(schema: unknown): readonly unknown[] {
  const [whole] = sampleInputs(schema)
  if (!isRecord(schema) || !isRecord(whole)) return []
  const properties = recordOf(schema['properties'])
  return namesIn(schema['required'])
    .filter((name) => recordOf(properties[name])['default'] === undefined)
    .map((name) => Object.fromEntries(Object.entries(whole).filter(([key]) => key !== name)))
}

class Sampler {
  readonly #root: unknown

  constructor(root: unknown) {
    this.#root = root
  }

  samples(schema: unknown, depth: number): readonly unknown[] {
    if (!isRecord(schema)) return ['any value']
    if (typeof schema['$ref'] === 'string') return this.samples(this.#target(schema['$ref']), depth + 1)
    if ('const' in schema) return [schema['const']]
    if (Array.isArray(schema['enum'])) return schema['enum']
    for (const key of ['anyOf', 'oneOf']) {
      const branches = schema[key]
      if (!Array.isArray(branches)) continue
      const { [key]: _, ...others } = schema
      return branches
        .flatMap((branch: unknown) => this.samples(isRecord(branch) ? merged(others, branch) : others, depth + 1))
        .slice(0, maxSamples)
    }
    if (Array.isArray(schema['allOf'])) {
      const { allOf, ...others } = schema
      return this.samples(allOf.filter(isRecord).reduce(merged, others), depth + 1)
    }
    return typesOf(schema)
      .flatMap((type) => this.#ofType(type, schema, depth))
      .slice(0, maxSamples)
  }

  #ofType(type: string, schema: Schema, depth: number): readonly unknown[] {
    switch (type) {
      case 'object':
        return this.#objects(schema, depth)
      case 'array':
        return this.#arrays(schema, depth)
      case 'string':
        return [stringOf(schema)]
      case 'integer':
      case 'number':
        return [numberOf(schema)]
      case 'boolean':
        return [true, false]
      default:
        return [null]
    }
  }

  #objects(schema: Schema, depth: number): readonly unknown[] {
    const properties = isRecord(schema['properties']) ? schema['properties'] : {}
    const required = namesIn(schema['required'])
    const isDeep = depth >= maxDepth
    const members = Object.entries(properties)
      .filter(([name]) => !isDeep || required.includes(name))
      .map(([name, member]) => ({ name, samples: this.samples(member, depth + 1) }))
    const firsts = members.map(({ name, samples }): [string, unknown] => [name, samples[0]])
    const whole = { ...this.#others(schema, members.length, depth), ...Object.fromEntries(firsts) }
    const least = Object.fromEntries(firsts.filter(([name]) => required.includes(name)))
    const varied = members.flatMap(({ name, samples }) =>
      samples.slice(1).map((sample) => ({ ...whole, [name]: sample })),
    )
    const all = firsts.length === required.length ? [whole, ...varied] : [least, whole, ...varied]
    return all.slice(0, maxSamples)
  }

  /** Returns a member of a map, whose names are free. */
  #others(schema: Schema, declared: number, depth: number): Readonly<Record<string, unknown>> {
    const others = schema['additionalProperties']
    if (!isRecord(others) || declared > 0 || depth >= maxDepth) return {}
    return { free: this.samples(others, depth + 1)[0] }
  }

  #arrays(schema: Schema, depth: number): readonly unknown[] {
    const least = typeof schema['minItems'] === 'number' ? schema['minItems'] : 0
    if (depth >= maxDepth && least === 0) return [[]]
    if (Array.isArray(schema['prefixItems'])) {
      return [schema['prefixItems'].map((item: unknown) => this.samples(item, depth + 1)[0])]
    }
    const items = this.samples(schema['items'], depth + 1)
    return items.map((item) => Array.from({ length: Math.max(1, least) }, () => item))
  }

  #target(reference: string): unknown {
    return reference
      .split('/')
      .slice(1)
      .reduce<unknown>((at, part) => {
        const name = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')
        return isRecord(at) || Array.isArray(at) ? Object.entries(at).find(([key]) => key === name)?.[1] : undefined
      }, this.#root)
  }
}

/** Returns a schema that both schemas describe. */
function merged(one: Schema, other: Schema): Schema {
  const properties = { ...recordOf(one['properties']), ...recordOf(other['properties']) }
  const required = [...namesIn(one['required']), ...namesIn(other['required'])]
  return { ...one, ...other, ...(Object.keys(properties).length === 0 ? {} : { properties }), required }
}

function typesOf(schema: Schema): readonly string[] {
  const { type } = schema
  if (typeof type === 'string') return [type]
  if (Array.isArray(type)) return type.filter((name) => typeof name === 'string')
  if ('properties' in schema || 'additionalProperties' in schema) return ['object']
  return 'items' in schema ? ['array'] : ['string']
}

const texts: Readonly<Record<string, string>> = {
  date: '2026-01-31',
  'date-time': '2026-01-31T12:00:00Z',
  email: 'ada@example.com',
  uri: 'https://example.com/',
  url: 'https://example.com/',
  uuid: '3b241101-e2bb-4255-8caf-4136c566a962',
}

/** Texts for the patterns that servers use. */
const candidates = ['a', '1', 'ABC-1', '1:2', 'a.png', '1d', 'a'.repeat(32), '0'.repeat(32), ...Object.values(texts)]

function stringOf({ format, pattern, minLength, maxLength }: Schema): string {
  if (typeof format === 'string' && format in texts) return texts[format] ?? ''
  if (typeof pattern === 'string') return textFor(pattern)
  const text = 'a "text" with \\ and é'.padEnd(typeof minLength === 'number' ? minLength : 0, 'x')
  return typeof maxLength === 'number' ? text.slice(0, maxLength) : text
}

function textFor(pattern: string): string {
  const text = candidates.find((candidate) => new RegExp(pattern, 'u').test(candidate))
  if (text === undefined) throw new Error(`Cannot sample a string: no candidate matches ${pattern}`)
  return text
}

function numberOf({ minimum, exclusiveMinimum, maximum, multipleOf }: Schema): number {
  const step = typeof multipleOf === 'number' ? multipleOf : 1
  if (typeof minimum === 'number') return Math.ceil(minimum / step) * step
  if (typeof exclusiveMinimum === 'number') return (Math.floor(exclusiveMinimum / step) + 1) * step
  return typeof maximum === 'number' ? Math.min(step, Math.floor(maximum / step) * step) : step
}

function namesIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((name) => typeof name === 'string') : []
}

function recordOf(value: unknown): Schema {
  return isRecord(value) ? value : {}
}
