import { isRecord } from '../../protocol/json.ts'
import type { CheckBudget } from './check-budget.ts'
import { longestMatch } from './pattern-cost.ts'

/** A node of a sanitized schema: no prototype, and only known keywords, each with a valid value. */
export type SchemaNode = { [keyword: string]: unknown }

/** Maximum number of parts of a schema: nodes and members of lists. */
const maxParts = 50_000
const maxDepth = 100

/** Keywords without an effect on validation: descriptions, and `format`, which servers interpret in different ways. */
const ignored = new Set([
  'title',
  'description',
  'default',
  'example',
  'examples',
  '$comment',
  'deprecated',
  'readOnly',
  'writeOnly',
  'format',
  'contentEncoding',
  'contentMediaType',
  'contentSchema',
  'nullable',
  'id',
  'discriminator',
  'xml',
  'externalDocs',
])

const typeNames = new Set(['string', 'number', 'integer', 'boolean', 'null', 'array', 'object'])
const maps = new Set(['properties', 'patternProperties', 'dependentSchemas', '$defs', 'definitions'])
const lists = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems'])
const counts = new Set([
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'minProperties',
  'maxProperties',
  'minContains',
  'maxContains',
])
const texts = new Set(['$ref', '$id', '$anchor', '$schema', 'pattern'])

/**
 * Returns a copy of a schema that a validator can process safely. Keywords with an invalid value are left out, as if
 * the schema did not have them; `nullable` of OpenAPI and the booleans of draft 4 are converted to the current draft.
 * Every node charges the budget for each visit, through getters, because the validator has no hook for it. Throws for a
 * schema that is too large or too deep.
 */
export function sanitizeSchema(schema: unknown, budget: CheckBudget): SchemaNode {
  return new SchemaCopier(budget).copy(schema, 0)
}

class SchemaCopier {
  readonly #budget: CheckBudget
  #parts = 0

  constructor(budget: CheckBudget) {
    this.#budget = budget
  }

  copy(schema: unknown, depth: number): SchemaNode {
    if (depth > maxDepth) throw new RangeError(`its schema is deeper than ${maxDepth} levels`)
    this.#count(1)
    const node = emptyNode()
    if (schema === false) node['not'] = this.copy(true, depth + 1)
    if (isRecord(schema)) this.#copyKeywords(schema, node, depth)
    this.#meter(node)
    return isRecord(schema) && schema['nullable'] === true ? this.#orNull(node) : node
  }

  #count(parts: number): void {
    this.#parts += parts
    if (this.#parts > maxParts) throw new RangeError(`its schema has more than ${maxParts} parts`)
  }

  #copyKeywords(schema: Readonly<Record<string, unknown>>, node: SchemaNode, depth: number): void {
    for (const keyword of Object.keys(schema)) {
      if (ignored.has(keyword)) continue
      const value = this.#copyKeyword(keyword, schema[keyword], depth)
      if (value !== undefined) node[keyword] = value
    }
    makeBoundsStrict(schema, node)
  }

  #copyKeyword(keyword: string, value: unknown, depth: number): unknown {
    if (maps.has(keyword)) return this.#copyMap(value, depth)
    if (lists.has(keyword)) return isFilledArray(value) ? this.#copyList(value, depth) : undefined
    if (counts.has(keyword)) return isCount(value) ? value : undefined
    if (texts.has(keyword)) return typeof value === 'string' ? value : undefined
    switch (keyword) {
      case 'type':
        return soundType(value)
      case 'const':
        return value
      case 'enum':
        return this.#countedList(value)
      case 'required':
        return this.#countedList(value)?.filter((name) => typeof name === 'string')
      case 'minimum':
      case 'maximum':
      case 'exclusiveMinimum':
      case 'exclusiveMaximum':
        return typeof value === 'number' ? value : undefined
      case 'multipleOf':
        return typeof value === 'number' && value > 0 ? value : undefined
      case 'uniqueItems':
      case '$recursiveAnchor':
        return value === true ? true : undefined
      case '$recursiveRef':
        return value === '#' ? value : undefined
      case 'dependentRequired':
      case 'dependencies':
        return this.#copyDependencies(value, depth)
      case 'items':
        return isFilledArray(value) ? this.#copyList(value, depth) : this.#copySchema(value, depth)
      default:
        return this.#copySchema(value, depth)
    }
  }

  /** Includes the values of unknown keywords: references may lead there. */
  #copySchema(value: unknown, depth: number): SchemaNode | undefined {
    return isRecord(value) || typeof value === 'boolean' ? this.copy(value, depth + 1) : undefined
  }

  #copyList(values: readonly unknown[], depth: number): SchemaNode[] {
    this.#count(values.length)
    return values.map((value) => this.copy(value, depth + 1))
  }

  #copyMap(value: unknown, depth: number): SchemaNode | undefined {
    if (!isRecord(value)) return undefined
    const copies = emptyNode()
    for (const name of Object.keys(value)) copies[name] = this.copy(value[name], depth + 1)
    return copies
  }

  #copyDependencies(value: unknown, depth: number): SchemaNode | undefined {
    if (!isRecord(value)) return undefined
    const copies = emptyNode()
    for (const name of Object.keys(value)) {
      const needed = value[name]
      copies[name] = Array.isArray(needed)
        ? this.#countedList(needed)?.filter((other) => typeof other === 'string')
        : this.copy(needed, depth + 1)
    }
    return copies
  }

  #countedList(value: unknown): readonly unknown[] | undefined {
    if (!Array.isArray(value)) return undefined
    this.#count(value.length)
    return value
  }

  #orNull(node: SchemaNode): SchemaNode {
    if (Array.isArray(node['enum'])) node['enum'] = [...node['enum'], null]
    if (node['type'] !== undefined && node['const'] === undefined) {
      node['type'] = [node['type'], 'null'].flat()
      return node
    }
    const nothing = emptyNode()
    nothing['type'] = 'null'
    const either = emptyNode()
    either['anyOf'] = [nothing, node]
    this.#meter(nothing)
    this.#meter(either)
    return either
  }

  /**
   * Puts getters on the members that the validator reads at each visit. They are not enumerable, so nothing else reads
   * them.
   */
  #meter(node: SchemaNode): void {
    const budget = this.#budget
    const reference = node['$recursiveRef']
    const work = 1 + weightOf(node)
    Object.defineProperty(node, '$recursiveRef', {
      configurable: true,
      get: () => {
        budget.spend(work)
        return reference
      },
    })
    if (node['uniqueItems'] === true) {
      const weigh = (): boolean => {
        budget.spend((budget.sizes.longestArray * budget.sizes.parts) / 8)
        return true
      }
      Object.defineProperty(node, 'uniqueItems', { configurable: true, get: weigh })
    }
    if (typeof node['pattern'] === 'string') guard(node, ['pattern'], longestMatch(node['pattern']), budget)
    if (isRecord(node['patternProperties'])) {
      const longest = Math.min(...Object.keys(node['patternProperties']).map((pattern) => longestMatch(pattern)))
      // The patterns decide which properties are additional.
      guard(node, ['patternProperties', 'additionalProperties', 'unevaluatedProperties'], longest, budget)
    }
  }
}

/** Hides keywords from validations of inputs with a string longer than `longest`. */
function guard(node: SchemaNode, keywords: readonly string[], longest: number, budget: CheckBudget): void {
  for (const keyword of keywords.filter((one) => one in node)) {
    const value = node[keyword]
    if (longest < 0) delete node[keyword]
    else {
      const get = (): unknown => (budget.sizes.longestText > longest ? undefined : value)
      Object.defineProperty(node, keyword, { configurable: true, enumerable: true, get })
    }
  }
}

/** Returns the cost of the keywords of a node at each visit, in visits. */
function weightOf(node: SchemaNode): number {
  const lengths = [node['enum'], node['required']].map((list) => (Array.isArray(list) ? list.length : 0))
  const properties = isRecord(node['properties']) ? Object.keys(node['properties']).length : 0
  return lengths.reduce((sum, length) => sum + length / 16, properties / 16)
}

/** In draft 4 and OpenAPI 3.0, the exclusive bounds are booleans next to the inclusive ones. */
function makeBoundsStrict(schema: Readonly<Record<string, unknown>>, node: SchemaNode): void {
  for (const [flag, bound] of [
    ['exclusiveMinimum', 'minimum'],
    ['exclusiveMaximum', 'maximum'],
  ] as const) {
    if (schema[flag] !== true || typeof node[bound] !== 'number') continue
    node[flag] = node[bound]
    delete node[bound]
  }
}

function soundType(value: unknown): unknown {
  const names: unknown[] = Array.isArray(value) ? value : [value]
  const isKnown = names.length > 0 && names.every((name) => typeof name === 'string' && typeNames.has(name))
  return isKnown ? value : undefined
}

function isFilledArray(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length > 0
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && value >= 0
}

/** Without a prototype: a property may have any name. */
function emptyNode(): SchemaNode {
  const node: SchemaNode = {}
  Object.setPrototypeOf(node, null)
  return node
}
