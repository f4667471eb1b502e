import { CodecellError } from '../../../errors.ts'
import { isRecord } from '../../../protocol/json.ts'

/** Maximum length of a chain of references, which ends circular ones. */
const maxHops = 32

/** An OpenAPI 3 document. Its parts are not validated until they are used. */
export class OpenApiDocument {
  readonly root: Readonly<Record<string, unknown>>
  /** The name of the document in messages. */
  readonly name: string
  /** Version 3.0 has its own dialect of JSON Schema; later versions have the standard one. */
  readonly isVersion30: boolean
  readonly #minor: number

  /** @throws {CodecellError} CONFIG_INVALID when it is not an OpenAPI 3 document. */
  constructor(document: unknown, name: string) {
    this.name = name
    if (!isRecord(document)) throw this.invalid('', 'expected an object')
    const version = member(document, 'openapi')
    // In YAML, a version without quotes is a number: 3.0 is 3.
    const [, minor] = /^\s*v?3(?:\.(\d+)(?:\.[^]*)?)?\s*$/.exec(String(version)) ?? [null, null]
    if (minor === null) {
      const isSwagger = member(document, 'swagger') !== undefined
      const advice = ' (Swagger 2 can be converted to OpenAPI 3): run "npx swagger2openapi FILE"'
      const got = version === undefined ? '' : `, got ${JSON.stringify(version)}`
      throw this.invalid('/openapi', `expected a version "3.…"${got}${isSwagger ? advice : ''}`)
    }
    this.root = document
    this.#minor = Number(minor ?? 0)
    this.isVersion30 = this.#minor === 0
  }

  /** Returns whether the document has at least a minor version of OpenAPI 3. */
  isAtLeast(minor: number): boolean {
    return this.#minor >= minor
  }

  /** Resolves references. Returns undefined for dangling, external and circular ones. */
  resolve(value: unknown): unknown {
    let target = value
    for (let hop = 0; hop < maxHops; hop++) {
      if (!isRecord(target) || typeof member(target, '$ref') !== 'string') return target
      target = this.find(String(target['$ref']))
    }
    return undefined
  }

  /** Resolves the reference of a path item, whose other members take precedence. */
  resolveWithSiblings(value: unknown): unknown {
    if (!isRecord(value) || typeof member(value, '$ref') !== 'string') return value
    const { $ref: _, ...siblings } = value
    const target = this.resolve(value)
    return isRecord(target) ? { ...target, ...siblings } : siblings
  }

  /** Returns the value at a pointer such as `#/components/schemas/Pet`, or undefined. */
  find(pointer: string): unknown {
    if (!pointer.startsWith('#/')) return undefined
    let target: unknown = this.root
    for (const part of pointerParts(pointer)) {
      if (Array.isArray(target)) target = /^\d{1,9}$/.test(part) ? target[Number(part)] : undefined
      else target = isRecord(target) ? member(target, part) : undefined
    }
    return target
  }

  /** Creates an error with the location in the document. */
  invalid(pointer: string, what: string): CodecellError {
    const location = pointer === '' ? '' : `at ${pointer}: `
    return new CodecellError('CONFIG_INVALID', `${this.#complaint}${location}${what}`)
  }

  /** Returns the reason of an error that `invalid` has created, or null for another error. */
  reasonOf(error: unknown): string | null {
    if (!CodecellError.is(error, 'CONFIG_INVALID') || !error.message.startsWith(this.#complaint)) return null
    return error.message.slice(this.#complaint.length)
  }

  get #complaint(): string {
    return `Cannot use OpenAPI document "${this.name}": `
  }
}

/** Returns the parts of a JSON pointer after `#`. */
export function pointerParts(pointer: string): readonly string[] {
  return pointer
    .slice(2)
    .split('/')
    .map((part) => decoded(part).replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** Escapes one part of a JSON pointer. */
export function pointerPart(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** Returns an own member with any name, or undefined. */
export function member(record: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(record, name) ? record[name] : undefined
}

/** Returns a string member, or undefined. */
export function textMember(record: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = member(record, name)
  return typeof value === 'string' ? value : undefined
}

/** Returns a record, or an empty one for any other value. */
export function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {}
}

/** Returns a list, or an empty one for any other value. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
