import { member, recordOf, type OpenApiDocument } from '../document/document.ts'
import { kindOf } from './media-type.ts'

/** Maximum size of a schema in a comparison, in values. */
const maxCompared = 10_000

export type OperationResult = {
  /** The JSON Schema of a successful response, or undefined. */
  readonly result: unknown
  /** The media types of successful responses. */
  readonly resultTypes: readonly string[]
}

/** Reads the successful responses of an operation. */
export function readResult(
  document: OpenApiDocument,
  method: string,
  operation: Readonly<Record<string, unknown>>,
): OperationResult {
  const responses = Object.entries(recordOf(member(operation, 'responses')))
  const good = responses.filter(([status]) => status.startsWith('2'))
  const chosen = good.length > 0 ? good : responses.filter(([status]) => status === 'default')
  const contents = chosen.map(([, response]) =>
    Object.entries(recordOf(member(recordOf(document.resolve(response)), 'content'))),
  )
  return {
    result: method === 'HEAD' ? undefined : anyOf(contents.map((content) => contentSchema(document, content))),
    resultTypes: [...new Set(contents.flat().map(([contentType]) => contentType))],
  }
}

/** Returns the schema of values that fit any of the schemas, or undefined when one of them is unknown. */
export function anyOf(schemas: readonly unknown[]): unknown {
  const unique = [...new Map(schemas.map((schema) => [identityOf(schema), schema])).values()]
  if (unique.length === 0 || unique.includes(undefined)) return undefined
  return unique.length === 1 ? unique[0] : { anyOf: unique }
}

/** Returns a key that is equal for equal schemas. Large and circular schemas equal only themselves. */
function identityOf(schema: unknown): unknown {
  let values = 0
  try {
    return JSON.stringify(schema, (_name, value: unknown) => {
      if (++values > maxCompared) throw new RangeError('too large')
      return value
    })
  } catch {
    return schema
  }
}

const fileResult = {
  type: 'object',
  description: 'Bytes. `content_type` and `base64` make a data URL.',
  properties: {
    content_type: { type: 'string' },
    base64: { type: 'string' },
    filename: { type: 'string' },
  },
  required: ['content_type', 'base64'],
}

const eventResult = {
  type: 'object',
  properties: {
    event: { type: 'string' },
    data: { type: 'string' },
    id: { type: 'string' },
    retry: { type: 'integer' },
  },
  required: ['data'],
}

/** The request asks for JSON first, so its schema is the result where a response can also have other contents. */
function contentSchema(document: OpenApiDocument, content: readonly (readonly [string, unknown])[]): unknown {
  if (content.length === 0) return { type: 'null' }
  const json = content.find(([contentType]) => kindOf(contentType) === 'json')
  const [first] = json === undefined ? content : [json]
  if (first === undefined) return undefined
  const media = recordOf(document.resolve(first[1]))
  const kinds = new Set((json === undefined ? content : [json]).map(([contentType]) => kindOf(contentType)))
  const [kind] = kinds
  if (kinds.size !== 1) return undefined
  switch (kind) {
    case 'json':
      return member(media, 'schema')
    case 'text':
      return { type: 'string' }
    case 'lines':
      return { type: 'array', items: member(media, 'itemSchema') ?? {} }
    case 'events':
      return { type: 'array', items: eventResult }
    case 'binary':
      return fileResult
    default:
      return undefined
  }
}
