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

/** A definition that is used more than once is named when its text is longer. */
const maxRepeatedLength = 60

/** What is tried one after the other, until the text is short enough. */
const levels = [
  { descriptionLength: 1_000, maxDepth: 48, maxLength: 5_000 },
  { descriptionLength: 400, maxDepth: 48, maxLength: 8_000 },
  { descriptionLength: 120, maxDepth: 48, maxLength: 16_000 },
  { descriptionLength: 0, maxDepth: 48, maxLength: 16_000 },
  { descriptionLength: 0, maxDepth: 3, maxLength: 16_000 },
  { descriptionLength: 0, maxDepth: 1, maxLength: 16_000 },
]

/**
 * Renders schemas that share one root document, into which their references lead: what is referred to is read once,
 * however many schemas refer to it.
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
   * The TypeScript type of a schema; `undefined` is a schema of which nothing is known. Names are taken from `names`, and
   * those without a name are called as `fallbackName` says. Never throws; what cannot be said is `unknown`.
   */
  render(schema: unknown, names: TypeNames, fallbackName: string): RenderedType {
    try {
      return this.#render(schema, names, fallbackName)
    } catch {
      return { type: 'unknown', named: [] } // Only an object of JavaScript that throws when it is looked at comes here.
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

  /** The definition of a schema that is referred to. Two schemas that are one object are one definition. */
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

/** Names for what is recursive, and for what is long and used more than once. */
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
      if (isDirect && definition === owner) return '' // A type is not made of itself: what is beside it says it all.
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
