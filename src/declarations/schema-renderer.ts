import { definitionGraph, isMadeOf, type DefinitionGraph } from './definition-graph.ts'
import { printType, type PrintOptions } from './print-type.ts'
import { SchemaReader } from './schema-reader.ts'
import { SchemaRoot } from './schema-root.ts'
import { isSchema, type Schema } from './schema.ts'
import { declarationStyle } from './style.ts'
import { TypeNames } from './type-names.ts'
import { type Definition, type TypeNode } from './type-node.ts'

/** A type, and the declarations of the named types that it refers to, each a statement. */
export type RenderedType = { readonly type: string; readonly named: readonly string[] }

/** Maximum length of a repeated definition without a name. */
const maxRepeatedLength = 60

/** The levels of detail that are tried in order, until the text is short enough. */
const levels = [
  { descriptionLength: 1_000, maxDepth: 48, maxLength: 5_000 },
  { descriptionLength: 400, maxDepth: 48, maxLength: 8_000 },
  { descriptionLength: 120, maxDepth: 48, maxLength: 16_000 },
  { descriptionLength: 0, maxDepth: 48, maxLength: 16_000 },
  { descriptionLength: 0, maxDepth: 3, maxLength: 16_000 },
  { descriptionLength: 0, maxDepth: 1, maxLength: 16_000 },
]

/**
 * Renders schemas that share one root document: the target of a reference is read once, for all schemas that refer to
 * it.
 */
export class SchemaRenderer {
  readonly #reader: SchemaReader
  readonly #definitions = new Map<Schema, Definition>()

  constructor(root: unknown) {
    const style = declarationStyle
    this.#reader = new SchemaReader(new SchemaRoot(root), style, (target, reference) => ({
      type: 'reference',
      definition: this.#definition(target, reference.slice(reference.lastIndexOf('/') + 1)),
    }))
    if (isSchema(root)) this.#definition(root, '#')
  }

  /**
   * Returns the TypeScript type of a schema; `undefined` is an unknown schema. Names are taken from `names`;
   * `fallbackName` is used for definitions without a name. Never throws; types that cannot be expressed are `unknown`.
   */
  render(schema: unknown, names: TypeNames, fallbackName: string): RenderedType {
    try {
      return this.#render(schema, names, fallbackName)
    } catch {
      return { type: 'unknown', named: [] } // Reached only by a JavaScript object whose members throw.
    }
  }

  #render(schema: unknown, names: TypeNames, fallbackName: string): RenderedType {
    const known = isSchema(schema) ? this.#definitions.get(schema) : undefined
    const node: TypeNode =
      known === undefined ? this.#reader.readWhole(schema) : { type: 'reference', definition: known }
    const graph = definitionGraph(node)
    const named = chooseNamed(graph, names, fallbackName)
    for (const level of levels) {
      const rendered = printAll(node, graph, named, level)
      if (rendered !== null) return rendered
    }
    return { type: 'unknown', named: [] }
  }

  /** Returns the definition of a referenced schema. Two schemas that are one object are one definition. */
  #definition(schema: Schema, key: string): Definition {
    const known = this.#definitions.get(schema)
    if (known !== undefined) return known
    let node: TypeNode | undefined
    const { title } = schema
    const name = key === '#' || /^(\d+|items)$/.test(key) ? (typeof title === 'string' ? title : '') : key
    const definition: Definition = { schema, name, node: () => (node ??= this.#reader.readWhole(schema)) }
    this.#definitions.set(schema, definition)
    return definition
  }
}

/** Returns names for definitions that are recursive, or long and used more than once. */
function chooseNamed(graph: DefinitionGraph, names: TypeNames, fallbackName: string): ReadonlyMap<Definition, string> {
  const named = new Map<Definition, string>()
  const take = (definition: Definition): void => {
    named.set(definition, names.take(definition.name === '' ? fallbackName : definition.name))
  }
  for (const definition of graph.recursive) take(definition)
  for (const [definition, uses] of graph.uses) {
    if (uses > 1 && !named.has(definition) && isLong(definition, named)) take(definition)
  }
  return named
}

function isLong(definition: Definition, named: ReadonlyMap<Definition, string>): boolean {
  let left = maxRepeatedLength
  const nameOf = (inside: Definition): string | null => named.get(inside) ?? (--left < 0 ? 'unknown' : null)
  const options: PrintOptions = { ...shortest, descriptionLength: 400, isCompact: true, nameOf }
  return printType(definition.node(), options) === null || left < 0
}

type Level = { readonly descriptionLength: number; readonly maxDepth: number; readonly maxLength: number }

const shortest = { maxDepth: 8, maxLength: maxRepeatedLength }

function printAll(
  node: TypeNode,
  { uses }: DefinitionGraph,
  named: ReadonlyMap<Definition, string>,
  level: Level,
): RenderedType | null {
  const waiting = new Set<Definition>()
  const optionsFor = (owner: Definition | null): PrintOptions => ({
    ...level,
    isCompact: true,
    nameOf(definition, isDirect) {
      const name = named.get(definition)
      if (name === undefined) return uses.has(definition) ? null : 'unknown'
      if (isDirect && definition === owner) return '' // A type cannot consist of itself: the other members define it.
      if (isDirect && owner !== null && isMadeOf(definition.node(), owner)) return 'unknown'
      waiting.add(definition)
      return name
    },
  })
  const type = printType(node, optionsFor(null))
  if (type === null) return null
  const statements: string[] = []
  let length = type.length
  for (const definition of waiting) {
    const text = printType(definition.node(), optionsFor(definition))
    length += text?.length ?? 0
    if (text === null || length > level.maxLength) return null
    statements.push(`type ${named.get(definition) ?? ''} = ${text === '' ? 'unknown' : text};`)
  }
  return { type: type === '' ? 'unknown' : type, named: statements }
}
