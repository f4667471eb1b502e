import { isRecord } from '../../../protocol/json.ts'
import { listOf, member, pointerPart, recordOf, textMember, type OpenApiDocument } from '../document/document.ts'
import type { FoundOperation } from './found-operation.ts'
import type { Operation } from './operation.ts'
import { readBody } from './read-body.ts'
import { readParameters } from './read-parameters.ts'
import { readResult } from './read-result.ts'

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace', 'query'] as const

/** Yields every operation of the document in order, with a unique id. */
export function* foundOperations(document: OpenApiDocument): Generator<FoundOperation> {
  const ids = new Set<string>()
  const paths = member(document.root, 'paths') ?? {}
  if (!isRecord(paths)) throw document.invalid('/paths', 'expected an object')
  for (const [path, pathItem] of Object.entries(paths)) {
    const item = document.resolveWithSiblings(pathItem)
    if (!path.startsWith('/') || !isRecord(item)) continue
    for (const [method, value] of methodsOf(item)) {
      const operation = document.resolve(value)
      if (!isRecord(operation)) continue
      const tags = member(operation, 'tags')
      const id = uniqueId(operation, { method, path, ids })
      ids.add(id)
      yield {
        id,
        method,
        path,
        tags: Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : [],
        isDeprecated: member(operation, 'deprecated') === true,
        member: method.toLowerCase(),
        item,
        operation,
      }
    }
  }
}

/** Returns the id of an operation, with its method and path and a number if others have the same. An empty id counts as missing. */
function uniqueId(
  operation: FoundOperation['operation'],
  { method, path, ids }: { method: string; path: string; ids: ReadonlySet<string> },
): string {
  const own = textMember(operation, 'operationId') || idFrom(method, path)
  if (!ids.has(own)) return own
  const longer = `${own}_${idFrom(method, path)}`
  let id = longer
  for (let count = 2; ids.has(id); count++) id = `${longer}_${count}`
  return id
}

/** Returns the methods of a path item and their operations. `additionalOperations` has other methods (OpenAPI 3.2). */
function methodsOf(item: Readonly<Record<string, unknown>>): readonly (readonly [method: string, value: unknown])[] {
  const additional = Object.entries(recordOf(member(item, 'additionalOperations')))
  return [
    ...methods.map((method) => [method.toUpperCase(), member(item, method)] as const),
    ...additional.filter(([method]) => /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(method)),
  ]
}

/**
 * Reads an operation.
 *
 * @throws {CodecellError} CONFIG_INVALID with its location when it cannot be called.
 */
export function readOperation(document: OpenApiDocument, found: FoundOperation): Operation {
  const { id, method, path, tags, isDeprecated, item, operation } = found
  const parameters = readParameters(document, found)
  checkPath(document, found, new Set(parameters.filter((one) => one.in === 'path').map(({ name }) => name)))
  // OpenAPI 3.0 ignores the body where HTTP defines none. `DELETE` is an exception: public servers read it.
  const hasNoBody = document.isVersion30 && ['GET', 'HEAD', 'TRACE'].includes(method)
  return {
    id,
    method,
    path,
    title: textMember(operation, 'summary') ?? textMember(item, 'summary') ?? '',
    description: textMember(operation, 'description') ?? textMember(item, 'description') ?? '',
    tags,
    isDeprecated,
    parameters,
    body: hasNoBody ? null : readBody(document, operation, new Set(parameters.map(({ key }) => key))),
    ...readResult(document, method, operation),
    servers: [operation, item, document.root]
      .map((owner) => listOf(member(owner, 'servers')))
      .find((one) => one.length > 0),
    security: member(operation, 'security') ?? member(document.root, 'security'),
    responses: member(operation, 'responses'),
  }
}

/** Checks that every variable of a path has a parameter: otherwise the braces would be sent. */
function checkPath(
  document: OpenApiDocument,
  { path, member: name }: FoundOperation,
  known: ReadonlySet<string>,
): void {
  for (const [, variable = ''] of path.matchAll(/\{([^}]*)\}/g)) {
    if (known.has(variable)) continue
    throw document.invalid(`/paths/${pointerPart(path)}/${name}`, `the path has no parameter "${variable}"`)
  }
}

/** Returns the id of an operation without one: `get_pets_by_id` for `GET /pets/{id}`. */
function idFrom(method: string, path: string): string {
  const words = path.replaceAll(/\{([^}]*)\}/g, 'by_$1').match(/[A-Za-z0-9]+/g) ?? []
  return [method.toLowerCase(), ...words].join('_')
}
