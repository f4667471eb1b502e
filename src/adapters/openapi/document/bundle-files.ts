import { realpath } from 'node:fs/promises'
import { dirname, extname, resolve, sep } from 'node:path'
import { isRecord } from '../../../protocol/json.ts'
import { member, pointerPart, pointerParts, recordOf } from './document.ts'

/** Maximum number of files of a document. */
const maxFiles = 1000

/** The files of a document, by their real paths. */
type Files = ReadonlyMap<string, unknown>

/**
 * Returns a document with the parts of other files that it references as components. Reads only JSON and YAML files in the folder of
 * the document and below; other references stay as they are.
 */
export async function bundleFiles(
  document: unknown,
  file: string,
  read: (file: string) => Promise<unknown>,
): Promise<unknown> {
  const root = await realpath(file)
  const files = await loadFiles(document, root, read)
  return files.size > 1 && isRecord(document) ? new Bundler(document, root, files).bundle() : document
}

/** Loads the files that a document references, directly or through others. */
async function loadFiles(document: unknown, root: string, read: (file: string) => Promise<unknown>): Promise<Files> {
  const folder = `${dirname(root)}${sep}`
  const files = new Map<string, unknown>([[root, document]])
  const waiting: [file: string, value: unknown][] = [[root, document]]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [file, value] = next
    for (const reference of new Set(referencesIn(value))) {
      const target = targetOf(reference, file)?.file
      if (target === undefined || files.has(target) || files.size >= maxFiles) continue
      const real = await realpath(target).catch(() => null)
      // A link must not lead out of the folder either.
      if (real !== target || !real.startsWith(folder)) continue
      const content = await read(real)
      files.set(real, content)
      waiting.push([real, content])
    }
  }
  return files
}

function* referencesIn(value: unknown, open = new Set<object>()): Generator<string> {
  if (typeof value !== 'object' || value === null || open.has(value)) return
  open.add(value)
  if (isRecord(value)) {
    const reference = member(value, '$ref')
    if (typeof reference === 'string') yield reference
  }
  for (const inner of Object.values(value)) yield* referencesIn(inner, open)
}

/** Returns the file and the fragment of a reference to a file, or null. */
function targetOf(reference: string, file: string): { file: string; fragment: string } | null {
  const [path = '', fragment = ''] = reference.split('#')
  if (path === '') return { file, fragment }
  if (/^[a-z][a-z0-9+.-]*:/i.test(path) || !['.json', '.yaml', '.yml'].includes(extname(path).toLowerCase()))
    return null
  try {
    return { file: resolve(dirname(file), decodeURIComponent(path)), fragment }
  } catch {
    return null
  }
}

/** Moves the parts of other files to components, and points the references there. */
class Bundler {
  readonly #document: Readonly<Record<string, unknown>>
  readonly #root: string
  readonly #files: Files
  readonly #names = new Map<string, string>()
  readonly #added = new Map<string, unknown>()
  readonly #taken: Set<string>
  /** Each value is copied once: aliases of YAML can repeat it, also in itself. */
  readonly #copies = new Map<object, object>()

  constructor(document: Readonly<Record<string, unknown>>, root: string, files: Files) {
    this.#document = document
    this.#root = root
    this.#files = files
    this.#taken = new Set(Object.keys(recordOf(member(this.#components(document), 'schemas'))))
  }

  bundle(): unknown {
    const document = recordOf(this.#copy(this.#document, this.#root))
    const components = this.#components(document)
    const schemas = { ...recordOf(member(components, 'schemas')), ...Object.fromEntries(this.#added) }
    return { ...document, components: { ...components, schemas } }
  }

  #components(document: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
    return recordOf(member(document, 'components'))
  }

  #copy(value: unknown, file: string): unknown {
    if (typeof value !== 'object' || value === null) return value
    const known = this.#copies.get(value)
    if (known !== undefined) return known
    const copy: object = Array.isArray(value) ? [] : {}
    this.#copies.set(value, copy)
    for (const [name, inner] of Object.entries(value)) {
      const isReference = name === '$ref' && typeof inner === 'string'
      const own = isReference ? this.#reference(inner, file) : this.#copy(inner, file)
      Object.defineProperty(copy, name, { value: own, enumerable: true, configurable: true, writable: true })
    }
    return copy
  }

  #reference(reference: string, file: string): string {
    const target = targetOf(reference, file)
    if (target === null || !this.#files.has(target.file)) return reference
    if (target.file === this.#root) return `#${target.fragment}`
    const key = `${target.file}#${target.fragment}`
    const name = this.#names.get(key) ?? this.#add(key, target)
    return `#/components/schemas/${pointerPart(name)}`
  }

  #add(key: string, { file, fragment }: { file: string; fragment: string }): string {
    const last = pointerParts(`#${fragment}`).at(-1) ?? ''
    const words = (last === '' ? (file.split(sep).at(-1) ?? '').replace(/\.\w+$/, '') : last).replaceAll(/\W+/g, '_')
    let name = words
    for (let count = 2; this.#taken.has(name); count++) name = `${words}_${count}`
    this.#taken.add(name)
    this.#names.set(key, name)
    this.#added.set(name, this.#copy(this.#find(file, fragment), file))
    return name
  }

  #find(file: string, fragment: string): unknown {
    let value = this.#files.get(file)
    for (const part of fragment === '' ? [] : pointerParts(`#${fragment}`)) {
      const inner: unknown = Array.isArray(value) ? value[Number(part)] : member(recordOf(value), part)
      value = inner
    }
    return value
  }
}
