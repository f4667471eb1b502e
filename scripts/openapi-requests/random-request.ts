import { member, recordOf, type OpenApiDocument } from '../../src/adapters/openapi/document/document.ts'
import { isFileProperty } from '../../src/adapters/openapi/operation/is-file-property.ts'
import { kindOf } from '../../src/adapters/openapi/operation/media-type.ts'
import type { BodyContent, Operation } from '../../src/adapters/openapi/operation/operation.ts'
import { isRecord } from '../../src/protocol/json.ts'
import type { UndefinedValues } from './compare.ts'
import type { RandomInput } from './random-input.ts'

/** A request with random values, as both clients take it. */
export type RandomRequest = {
  readonly input: Readonly<Record<string, unknown>>
  readonly other: { readonly parameters: object; readonly body: unknown; readonly contentType: string | null }
  readonly undefinedValues: UndefinedValues
}

/** Makes a request with values for all required parameters and some others. */
export function randomRequest(document: OpenApiDocument, operation: Operation, random: RandomInput): RandomRequest {
  const input: Record<string, unknown> = {}
  const parameters: Record<string, unknown> = {}
  const undefinedValues = new Map<string, unknown>()
  for (const parameter of operation.parameters) {
    if (!parameter.required && !random.happens(0.5)) continue
    const value = random.value(parameter.schema)
    if (parameter.in === 'header' && typeof value === 'string') continue
    input[parameter.key] = value
    parameters[`${parameter.in}.${parameter.name}`] = value
    if (parameter.style === 'deepObject' && !isFlatObject(value)) undefinedValues.set(parameter.name, value)
  }
  const body = randomBody(operation, random)
  if (body === null) return { input, other: { parameters, body: undefined, contentType: null }, undefinedValues }
  const { content, value, keys } = body
  if (kindOf(content.contentType) === 'form') {
    for (const [name, field] of Object.entries(recordOf(value))) {
      const isDeep = content.encodings.get(name)?.style?.style === 'deepObject'
      if (isDeep && !isFlatObject(field)) undefinedValues.set(name, field)
    }
  }
  const contentType = content.contentType === '*/*' ? 'application/json' : content.contentType
  const other = { parameters, body: otherBody(document, { ...content, contentType }, value), contentType }
  return { input: { ...input, ...keys }, other, undefinedValues }
}

/** Returns a body as the other client takes it: files are bytes. */
function otherBody(
  document: OpenApiDocument,
  { contentType, schema, encodings }: BodyContent,
  value: unknown,
): unknown {
  if (kindOf(contentType) === 'binary') return Buffer.from(String(value), 'base64')
  if (kindOf(contentType) !== 'multipart') return value
  const properties = recordOf(member(recordOf(document.resolve(schema)), 'properties'))
  const fields = Object.entries(recordOf(value)).map(([name, field]) => {
    const isFile = isFileProperty(document, properties[name], encodings.get(name))
    return [name, isFile ? new Blob([Buffer.from(String(field), 'base64')]) : field] as const
  })
  return Object.fromEntries(fields)
}

function randomBody(
  { body }: Operation,
  random: RandomInput,
): { content: BodyContent; value: unknown; keys: Readonly<Record<string, unknown>> } | null {
  if (body === null) return null
  const content = random.pick(body.contents) ?? body.contents[0]
  const kind = kindOf(content.contentType)
  const generated = kind === 'text' ? random.string() : kind === 'binary' ? btoa('bytes') : random.value(content.schema)
  const isEmpty = isRecord(generated) && Object.keys(generated).length === 0
  if (isEmpty && !body.required) return null
  const isText = typeof generated === 'string' && (kind === 'json' || kind === 'any')
  const value = isText ? [generated] : kind === 'multipart' ? withoutLists(generated) : generated
  const types = body.contents.length > 1 ? { [body.contentTypeKey]: content.contentType } : {}
  return { content, value, keys: { [body.key]: value, ...types } }
}

/** Returns whether the specification defines the style deepObject for a value: an object of scalars. */
function isFlatObject(value: unknown): boolean {
  return isRecord(value) && Object.values(value).every((inner) => typeof inner !== 'object' || inner === null)
}

function withoutLists(value: unknown): object {
  return Object.fromEntries(Object.entries(recordOf(value)).filter(([, field]) => typeof field !== 'object'))
}
