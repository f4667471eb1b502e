import { member, recordOf, type OpenApiDocument } from '../../src/adapters/openapi/document/document.ts'
import { loadPackage } from './packages.ts'

/**
 * The client of Swagger UI, which shares no code with codecell. The random inputs avoid what it gets wrong:
 *
 * - It drops empty strings of queries. "form: color=" (Style Examples, column "undefined").
 * - It parses strings of forms as JSON, so that "1e3" becomes 1000, and sends strings of JSON bodies without quotes.
 * - It joins lists of multipart forms, and lists of forms without an encoding, with commas. "Array properties are handled by applying
 *   the same name to multiple parts".
 * - It writes objects of multipart forms without their content type. "object: application/json" (Encoding Object, `contentType`).
 * - It writes lists and objects inside of a deepObject as JSON, "not defined" by the specification. The package `qs` reads these.
 * - It sends a range such as `*\/*` as the content type.
 */
export class OtherClient {
  readonly #execute: (...args: unknown[]) => unknown

  constructor() {
    const client = loadPackage('swagger-client')
    const execute: unknown = typeof client === 'function' ? Reflect.get(client, 'execute') : undefined
    if (typeof execute !== 'function') throw new TypeError('swagger-client has no execute()')
    this.#execute = (...args) => Reflect.apply(execute, client, args)
  }

  /** Sends the request of an operation. The document contains only this one, without references. */
  async send(
    document: object,
    input: { parameters: object; body: unknown; contentType: string | null },
  ): Promise<void> {
    const options = {
      spec: document,
      operationId: 'operation',
      parameters: input.parameters,
      ...(input.body === undefined ? {} : { requestBody: input.body, requestContentType: input.contentType }),
    }
    await this.#execute(options)
  }
}

/** Returns a document with one operation, as the other client takes it: without references. */
export function singleDocument(
  document: OpenApiDocument,
  operation: Readonly<Record<string, unknown>>,
  settings: { path: string; method: string; parameters: readonly unknown[]; server: string },
): object {
  const body = recordOf(document.resolve(member(operation, 'requestBody')))
  const content = Object.entries(recordOf(member(body, 'content'))).map(
    // No request can have the content type of a range.
    ([type, media]) => [type === '*/*' ? 'application/json' : type, media] as const,
  )
  const requestBody = content.length === 0 ? {} : { requestBody: { content: Object.fromEntries(content) } }
  const parameters = settings.parameters.map((parameter) => withoutReferences(document, parameter))
  const own = { operationId: 'operation', parameters, ...requestBody, responses: {} }
  return {
    openapi: '3.0.3',
    servers: [{ url: settings.server }],
    paths: { [settings.path]: { [settings.method.toLowerCase()]: own } },
  }
}

function withoutReferences(document: OpenApiDocument, parameter: unknown): unknown {
  const own = recordOf(document.resolve(parameter))
  const schema = recordOf(document.resolve(member(own, 'schema')))
  // The client parses strings where a schema has objects, which it needs for the texts of a form only.
  return { ...own, schema: typeof schema['type'] === 'string' ? { type: schema['type'] } : {} }
}
