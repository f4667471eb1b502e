import { isRecord } from '../../protocol/json.ts'
import { type Dialect, dialectNamed, isReferenceAlone } from './dialect.ts'

export type Schema = Readonly<Record<string, unknown>>

/** A schema with an address of its own, which the fragments of references inside it are relative to. */
type Resource = {
  readonly address: string
  readonly root: Schema
  /** Null for a dialect that codecell does not know. */
  readonly dialect: Dialect | null
  /** Schemas by `$anchor` or `$dynamicAnchor`; null for a name that several of them have. */
  readonly anchors: Map<string, Schema | null>
  readonly dynamicAnchors: Set<string>
  /** Whether it depends on the dialect if the schema has this address, so that no reference inside can be resolved. */
  readonly isAmbiguous: boolean
}

const schemaMaps = [
  'properties',
  'patternProperties',
  'dependentSchemas',
  'dependencies',
  '$defs',
  'definitions',
] as const
const schemaLists = ['allOf', 'anyOf', 'oneOf', 'prefixItems', 'items'] as const
const singleSchemas = [
  'items',
  'additionalItems',
  'unevaluatedItems',
  'contains',
  'additionalProperties',
  'unevaluatedProperties',
  'propertyNames',
  'not',
  'if',
  'then',
  'else',
  'contentSchema',
] as const

/** A copied schema, with the targets of its references. References to other documents are not followed. */
export class SchemaDocument {
  readonly root: unknown
  /** Whether a schema depends on the parts of a value that others have evaluated. */
  tracksParts = false
  readonly #resources = new Map<string, Resource | null>()
  readonly #owners = new Map<Schema, Resource>()
  readonly #targets = new Map<Schema, Map<string, unknown>>()
  readonly #whole: Resource

  /** @param root the copy of a schema, in which no object appears twice */
  constructor(root: unknown) {
    this.root = root
    this.#whole = newResource('schema:/', isRecord(root) ? root : {}, dialectNamed(undefined))
    this.#resources.set('schema:/', this.#whole)
    this.#add(root, this.#whole)
  }

  /** Returns the dialect of a schema, or null when codecell does not know it. */
  dialectOf(schema: Schema): Dialect | null {
    return this.#ownerOf(schema).dialect
  }

  /** Returns the target of a reference, or undefined when it is not in this document. */
  resolve(schema: Schema, reference: string): unknown {
    const known = this.#targets.get(schema) ?? new Map<string, unknown>()
    this.#targets.set(schema, known)
    if (!known.has(reference)) known.set(reference, this.#find(this.#ownerOf(schema), reference))
    return known.get(reference)
  }

  /**
   * Returns the target of a `$dynamicRef` or `$recursiveRef`: of the schemas through which the validation came, the
   * outermost one with the same anchor decides.
   */
  resolveDynamic(schema: Schema, keyword: string, reference: string, scope: readonly Schema[]): unknown {
    const target = this.resolve(schema, reference)
    if (!isRecord(target)) return target
    const isRecursive = keyword === '$recursiveRef'
    const anchor = isRecursive ? null : target['$dynamicAnchor']
    if (isRecursive ? target['$recursiveAnchor'] !== true : reference.split('#')[1] !== anchor) return target
    for (const outer of scope) {
      const resource = this.#ownerOf(outer)
      if (isRecursive && resource.root['$recursiveAnchor'] === true) return resource.root
      if (typeof anchor === 'string' && resource.dynamicAnchors.has(anchor)) {
        return resource.anchors.get(anchor) ?? undefined
      }
    }
    return target
  }

  #ownerOf(schema: Schema): Resource {
    return this.#owners.get(schema) ?? this.#whole
  }

  #add(schema: unknown, outer: Resource): void {
    if (!isRecord(schema)) return
    const resource = this.#resourceAt(schema, outer)
    this.#owners.set(schema, resource)
    addAnchors(schema, resource)
    if ('unevaluatedProperties' in schema || 'unevaluatedItems' in schema) this.tracksParts = true
    for (const keyword of schemaMaps) {
      const members = schema[keyword]
      if (isRecord(members)) for (const member of Object.values(members)) this.#add(member, resource)
    }
    for (const keyword of schemaLists) {
      const members = schema[keyword]
      if (Array.isArray(members)) for (const member of members) this.#add(member, resource)
    }
    for (const keyword of singleSchemas) this.#add(schema[keyword], resource)
    // Schemas of an OpenAPI document refer to these.
    const shared = isRecord(schema['components']) ? schema['components']['schemas'] : undefined
    if (isRecord(shared)) for (const member of Object.values(shared)) this.#add(member, resource)
  }

  #resourceAt(schema: Schema, outer: Resource): Resource {
    const dialect = '$schema' in schema ? dialectNamed(schema['$schema']) : outer.dialect
    const id = identifierOf(schema, dialect)
    const address = id === null ? null : joined(outer.address, id)
    if (address === null && dialect === outer.dialect && schema !== this.root) return outer
    const hasReference = dialect === 'any' && typeof schema['$ref'] === 'string' && schema !== this.root
    const resource = newResource(address ?? outer.address, schema, dialect, hasReference)
    // The document itself keeps its first address: a pointer from there must not depend on its identifier.
    if (address === null) {
      if (schema === this.root) this.#resources.set(outer.address, resource)
      return resource
    }
    this.#resources.set(address, this.#resources.has(address) ? null : resource)
    return resource
  }

  #find(from: Resource, reference: string): unknown {
    const [, path = '', fragment = ''] = /^([^#]*)#?([^]*)$/.exec(reference) ?? []
    const address = path === '' ? from.address : joined(from.address, path)
    const resource = path === '' ? from : address === null ? null : this.#resources.get(address)
    if (resource === null || resource === undefined || from.isAmbiguous || resource.isAmbiguous) return undefined
    const name = decoded(fragment)
    if (name === '') return this.#wholeOf(resource)
    if (name.startsWith('/')) return this.#pointed(resource, fragment)
    return resource.anchors.get(name) ?? undefined
  }

  /** Returns the root of a resource; the root of a document can be a boolean. */
  #wholeOf(resource: Resource): unknown {
    return resource === this.#whole ? this.root : resource.root
  }

  /** Follows a JSON pointer, which can lead into keywords that contain no schemas. */
  #pointed(resource: Resource, fragment: string): unknown {
    let target: unknown = this.#wholeOf(resource)
    let owner = resource
    for (const part of fragment.slice(1).split('/')) {
      const key = decoded(part).replaceAll('~1', '/').replaceAll('~0', '~')
      if (typeof target !== 'object' || target === null || !Object.hasOwn(target, key)) return undefined
      target = Reflect.get(target, key)
      if (!isRecord(target)) continue
      owner = this.#owners.get(target) ?? owner
      this.#owners.set(target, owner)
    }
    return target
  }
}

function newResource(address: string, root: Schema, dialect: Dialect | null, isAmbiguous = false): Resource {
  return { address, root, dialect, anchors: new Map(), dynamicAnchors: new Set(), isAmbiguous }
}

/** Returns the identifier that gives a schema its own address, or null. */
function identifierOf(schema: Schema, dialect: Dialect | null): string | null {
  const id = dialect === 4 ? schema['id'] : schema['$id']
  if (typeof id !== 'string' || id === '' || id.startsWith('#')) return null
  // In the older drafts, `$ref` makes the keywords next to it ineffective.
  return dialect !== null && isReferenceAlone(dialect) && typeof schema['$ref'] === 'string' ? null : id
}

function addAnchors(schema: Schema, { anchors, dynamicAnchors }: Resource): void {
  const { $anchor, $dynamicAnchor, $id, id } = schema
  if (typeof $dynamicAnchor === 'string') dynamicAnchors.add($dynamicAnchor)
  const fragments = [$id, id].flatMap((name) =>
    typeof name === 'string' ? (/^[^#]*#(.+)$/.exec(name) ?? []).slice(1) : [],
  )
  for (const name of new Set([$anchor, $dynamicAnchor, ...fragments])) {
    if (typeof name === 'string') anchors.set(name, anchors.has(name) ? null : schema)
  }
}

function joined(base: string, reference: string): string | null {
  try {
    const url = new URL(reference, base)
    url.hash = ''
    return url.href.replace(/#$/, '')
  } catch {
    return null
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
