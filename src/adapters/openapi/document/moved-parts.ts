import { member, pointerParts, recordOf, type OpenApiDocument } from './document.ts'

/** Parts of a pointer that say nothing about the content. */
const structure: ReadonlySet<string> = new Set(
  `paths components definitions schemas content schema responses requestBody parameters properties items allOf anyOf oneOf`.split(
    ' ',
  ),
)

/** Maximum length of the name of a component. */
const maxName = 60

/** Parts of a document outside of its components that schemas reference: bundled documents reference schemas of other paths. */
export class MovedParts {
  readonly #document: OpenApiDocument
  readonly #names = new Map<string, string>()
  readonly #sources = new Map<string, string>()
  readonly #taken: Set<string>

  constructor(document: OpenApiDocument) {
    this.#document = document
    const components = recordOf(member(document.root, 'components'))
    this.#taken = new Set(Object.keys(recordOf(member(components, 'schemas'))))
  }

  /** Returns the reference to the component that a part becomes. Other references are unchanged. */
  referenceTo(reference: string): string {
    if (!reference.startsWith('#/') || reference.startsWith('#/components/')) return reference
    const known = this.#names.get(reference)
    if (known !== undefined) return known
    if (this.#document.find(reference) === undefined) return reference
    const name = this.#nameFor(reference)
    const moved = `#/components/schemas/${name}`
    this.#taken.add(name)
    this.#names.set(reference, moved)
    this.#sources.set(moved, reference)
    return moved
  }

  /** Returns the pointer to the part that became a component, or the same pointer. */
  sourceOf(pointer: string): string {
    return this.#sources.get(pointer) ?? pointer
  }

  #nameFor(reference: string): string {
    const parts = pointerParts(reference).filter((part) => !structure.has(part) && !/^\d+$|^\w+\/[\w.+*-]+$/.test(part))
    const words = parts.flatMap((part) => part.match(/[A-Za-z0-9]+/g) ?? [])
    const base = words.join('_').slice(-maxName) || 'part'
    let name = base
    for (let count = 2; this.#taken.has(name); count++) name = `${base}_${count}`
    return name
  }
}
