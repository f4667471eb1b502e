import { listOf, member, recordOf, type OpenApiDocument } from '../../src/adapters/openapi/document/document.ts'

/** Returns numbers from 0 to 1 that depend on the seed only (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Pieces of strings that encodings treat differently. */
const pieces = [
  'a',
  'Z',
  '7',
  ' ',
  '&',
  '=',
  '+',
  '/',
  '?',
  '#',
  '%',
  ',',
  ';',
  '|',
  '[',
  ']',
  "'",
  '"',
  '~',
  '*',
  'é',
  '日',
  '😀',
  ':',
  '.',
  '-',
]

const maxDepth = 4

/** Makes random values that fit a schema in their types. Formats, patterns and bounds do not matter for the request. */
export class RandomInput {
  readonly #document: OpenApiDocument
  readonly #random: () => number

  constructor(document: OpenApiDocument, random: () => number) {
    this.#document = document
    this.#random = random
  }

  /** Returns whether an event of a probability happens. */
  happens(probability: number): boolean {
    return this.#random() < probability
  }

  pick<Value>(list: readonly Value[]): Value | undefined {
    return list[Math.floor(this.#random() * list.length)]
  }

  shuffled<Value>(list: readonly Value[]): readonly Value[] {
    const keyed = list.map((value) => [this.#random(), value] as const)
    return keyed.toSorted(([one], [other]) => one - other).map(([, value]) => value)
  }

  value(schema: unknown, depth = 0): unknown {
    const own = recordOf(this.#document.resolve(schema))
    const values = listOf(member(own, 'enum'))
    if (values.length > 0) return this.pick(values.filter((value) => value !== '' && value !== null)) ?? 'a'
    const alternatives = [...listOf(member(own, 'anyOf')), ...listOf(member(own, 'oneOf'))]
    if (alternatives.length > 0) return this.value(this.pick(alternatives), depth)
    const parts = listOf(member(own, 'allOf'))
    if (parts.length > 0) return Object.assign({}, ...parts.map((part) => recordOf(this.value(part, depth))))
    const type = member(own, 'type')
    return this.#ofType(Array.isArray(type) ? type.find((one) => one !== 'null') : type, own, depth)
  }

  #ofType(type: unknown, schema: Readonly<Record<string, unknown>>, depth: number): unknown {
    switch (type) {
      case 'integer':
        return Math.floor(this.#random() * 1000) - 100
      case 'number':
        return Math.floor(this.#random() * 1000) / 8
      case 'boolean':
        return this.happens(0.5)
      case 'array':
        return depth > maxDepth ? [] : this.#list(member(schema, 'items'), depth)
      case 'string':
        return member(schema, 'format') === 'binary' ? btoa('bytes') : this.string()
      default:
        if (type !== 'object' && member(schema, 'properties') === undefined) return this.string()
        return depth > maxDepth ? {} : this.#object(schema, depth)
    }
  }

  #list(items: unknown, depth: number): unknown[] {
    const length = 1 + Math.floor(this.#random() * 3)
    return Array.from({ length }, () => this.value(items, depth + 1))
  }

  #object(schema: Readonly<Record<string, unknown>>, depth: number): Record<string, unknown> {
    const required = new Set(listOf(member(schema, 'required')))
    const result: Record<string, unknown> = {}
    for (const [name, property] of Object.entries(recordOf(member(schema, 'properties')))) {
      if (!required.has(name) && !this.happens(depth === 0 ? 0.4 : 0.25)) continue
      result[name] = this.value(property, depth + 1)
    }
    const more = member(schema, 'additionalProperties')
    if (more !== undefined && more !== false)
      result['more'] = this.value(more === true ? { type: 'string' } : more, depth + 1)
    return result
  }

  string(): string {
    const length = 1 + Math.floor(this.#random() * 6)
    return `s${Array.from({ length }, () => this.pick(pieces)).join('')}`
  }
}
