import { isSchema, type Schema } from './schema.ts'

/** Maximum number of values that are searched for anchors. */
const maxSearched = 20_000
const maxReferenceLength = 2_000

/** The document of the local references of a schema. Each reference is resolved once. */
export class SchemaRoot {
  readonly #root: unknown
  readonly #found = new Map<string, unknown>()
  #anchors: ReadonlyMap<string, Schema> | undefined

  constructor(root: unknown) {
    this.#root = root
  }

  /** Returns whether a schema is the document itself. */
  isWhole(schema: Schema): boolean {
    return schema === this.#root
  }

  /** Returns the target of a reference, or undefined: references to other documents are not followed. */
  resolve(reference: string): unknown {
    if (reference.length > maxReferenceLength) return undefined
    if (!this.#found.has(reference)) this.#found.set(reference, this.#lookUp(reference))
    return this.#found.get(reference)
  }

  #lookUp(reference: string): unknown {
    if (reference === '#' || reference.startsWith('#/')) return resolvePointer(this.#root, reference)
    this.#anchors ??= findAnchors(this.#root)
    return this.#anchors.get(reference)
  }
}

function resolvePointer(root: unknown, reference: string): unknown {
  if (reference === '#') return root
  let target = root
  for (const part of reference.slice(2).split('/')) {
    const key = decoded(part).replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof target !== 'object' || target === null || !Object.hasOwn(target, key)) return undefined
    target = Object.getOwnPropertyDescriptor(target, key)?.value
  }
  return target
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part // A name with an unencoded percent sign.
  }
}

/** Returns every `$anchor` as `#name` and every `$id` unchanged; the first of two equal ones stays. */
function findAnchors(root: unknown): ReadonlyMap<string, Schema> {
  const anchors = new Map<string, Schema>()
  const seen = new Set<unknown>()
  const queue = [root]
  for (let next = 0; next < queue.length && next < maxSearched; next++) {
    const value = queue[next]
    if (typeof value !== 'object' || value === null || seen.has(value)) continue
    seen.add(value)
    const names = isSchema(value) ? anchorsOf(value).filter((name) => !anchors.has(name)) : []
    if (isSchema(value)) for (const name of names) anchors.set(name, value)
    for (const child of Object.values(value).slice(0, maxSearched - queue.length)) queue.push(child)
  }
  return anchors
}

function anchorsOf({ $anchor, $dynamicAnchor, $id, id }: Schema): string[] {
  const names = [$anchor, $dynamicAnchor].filter((name) => typeof name === 'string').map((name) => `#${name}`)
  return [...names, ...[$id, id].filter((name) => typeof name === 'string')]
}
