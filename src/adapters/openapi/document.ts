import { CodecellError } from '../../errors.ts'
import { isRecord } from '../../protocol/json.ts'

/** Longest chain of references that is followed, so that a circle ends. */
const maxHops = 32

/** An OpenAPI 3 document, looked at where needed: nothing in it is known to be true. */
export class OpenApiDocument {
  readonly root: Readonly<Record<string, unknown>>
  /** What messages call the document. */
  readonly name: string
  /** 3.0 has its own dialect of JSON Schema, later versions have the usual one. */
  readonly isVersion30: boolean

  /** Throws `CONFIG_INVALID` for anything that is not OpenAPI 3. */
  constructor(document: unknown, name: string) {
    this.name = name
    if (!isRecord(document)) throw this.invalid('', 'an object is expected')
    const version = member(document, 'openapi')
    if (typeof version !== 'string' || !/^3\.\d+(?:\.|$)/.test(version)) {
      const found = member(document, 'swagger') === undefined ? '' : ' (Swagger 2 can be converted to OpenAPI 3)'
      throw this.invalid('/openapi', `a version "3.…" is expected${found}`)
    }
    this.root = document
    this.isVersion30 = version.startsWith('3.0')
  }

  /** What a value is, behind references; undefined when they lead nowhere, outside, or in a circle. */
  resolve(value: unknown): unknown {
    let target = value
    for (let hop = 0; hop < maxHops; hop++) {
      if (!isRecord(target) || typeof member(target, '$ref') !== 'string') return target
      target = this.find(String(target['$ref']))
    }
    return undefined
  }

  /** What a pointer such as `#/components/schemas/Pet` leads to, or undefined. */
  find(pointer: string): unknown {
    if (!pointer.startsWith('#/')) return undefined
    let target: unknown = this.root
    for (const part of pointerParts(pointer)) {
      if (Array.isArray(target)) target = /^\d{1,9}$/.test(part) ? target[Number(part)] : undefined
      else target = isRecord(target) ? member(target, part) : undefined
    }
    return target
  }

  /** An error about the document that says where. */
  invalid(pointer: string, what: string): CodecellError {
    const place = pointer === '' ? '' : `at ${pointer}: `
    return new CodecellError('CONFIG_INVALID', `Cannot use OpenAPI document "${this.name}": ${place}${what}`)
  }
}

/** The parts of a JSON pointer after `#`. */
export function pointerParts(pointer: string): readonly string[] {
  return pointer
    .slice(2)
    .split('/')
    .map((part) => decoded(part).replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** One part of a JSON pointer. */
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

/** An own member, whatever its name; undefined when there is none. */
export function member(record: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(record, name) ? record[name] : undefined
}

/** A text member, or undefined. */
export function textMember(record: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = member(record, name)
  return typeof value === 'string' ? value : undefined
}

/** A record, or an empty one in the place of anything else. */
export function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {}
}
