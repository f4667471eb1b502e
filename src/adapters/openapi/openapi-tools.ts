import { CodecellError } from '../../errors.ts'
import { resolvedTool } from '../../tools/resolve-tool.ts'
import type { Tool, ToolAnnotations } from '../../tools/tool.ts'
import { buildRequest, type Credentials } from './request/build-request.ts'
import { listOf, OpenApiDocument, recordOf, member, textMember } from './document/document.ts'
import type { Operation } from './operation/operation.ts'
import { operationsOf } from './operation/read-operation.ts'
import { inputSchemaOf, resultSchemaOf } from './operation/operation-schema.ts'
import { SchemaParts } from './document/schema-parts.ts'
import { defaultFetch } from './response/default-fetch.ts'
import { sendRequest } from './response/send-request.ts'
import { operationUrl, serverChoiceOf, type ServerChoice } from './server/server-choice.ts'
import { serverUrl } from './server/server-url.ts'
import { checkOptions, type OptionNames } from '../../options/check-options.ts'

export type OpenApiOptions = {
  /**
   * The namespace of the tools, and the name of the document in messages.
   *
   * @default derived from the title of the document
   */
  readonly name?: string
  /** The URL of the server. With a path it replaces the servers of the document, otherwise only their origin. */
  readonly baseUrl?: string
  /**
   * The server among those of the document: its index, URL, description or name.
   *
   * @default the first one
   */
  readonly server?: string | number
  /**
   * Values of the variables in the URL of the server.
   *
   * @default those of the document
   */
  readonly serverVariables?: Readonly<Record<string, string>>
  /** The URL of the document, which relative URLs of servers are relative to. */
  readonly documentUrl?: string
  /** Headers of every request. They take precedence over those of the cell and are never shown to cells or models. */
  readonly headers?: Readonly<Record<string, string>>
  /** Query parameters of every request, e.g. a key. */
  readonly query?: Readonly<Record<string, string>>
  /**
   * Selects the operations that become tools.
   *
   * @default all
   */
  readonly include?: (operation: Pick<Operation, 'id' | 'method' | 'path' | 'tags' | 'isDeprecated'>) => boolean
  /**
   * The result of a call: the content of the response, or `{ status, headers, body }`. The headers have names in lower case.
   *
   * @default 'body'
   */
  readonly results?: 'body' | 'response'
  /** @default the global `fetch` */
  readonly fetch?: typeof globalThis.fetch
  /**
   * Maximum size of a response in bytes.
   *
   * @default 33554432
   */
  readonly maxResponseBytes?: number
}

const optionNames: OptionNames<OpenApiOptions> = {
  name: 'any',
  baseUrl: 'any',
  server: 'any',
  serverVariables: 'any',
  documentUrl: 'any',
  headers: 'any',
  query: 'any',
  include: 'function',
  results: 'any',
  fetch: 'function',
  maxResponseBytes: 'any',
}

/** Maximum length of a description of an operation or a namespace, in characters. */
const maxDescription = 1000

/** Maximum number of operations in a document. */
const maxOperations = 10_000

/**
 * Converts the operations of an OpenAPI 3 document to tools. A tool takes the parameters by name and the body as `body`, and resolves
 * to the content of the response; error responses reject. `GET` is read-only, `PUT` and `DELETE` are destructive, and deprecated
 * operations are deferred.
 *
 * @throws {CodecellError} CONFIG_INVALID with the location in the document when it cannot be used.
 * @example
 * ```ts
 * const tools = openApiTools(await loadOpenApi('https://petstore3.swagger.io/api/v3/openapi.json'))
 * await using session = await createSession({ tools })
 * ```
 */
export function openApiTools(document: unknown, options: OpenApiOptions = {}): readonly Tool[] {
  checkOptions('openApiTools', options, optionNames)
  const title = textMember(recordOf(member(recordOf(document), 'info')), 'title') ?? ''
  const name = options.name ?? slug(title)
  const openApi = new OpenApiDocument(document, options.name ?? (title === '' ? 'openapi' : title))
  const source: Source = {
    document: openApi,
    namespace: name,
    namespaceDescription: shortened(
      textMember(recordOf(member(openApi.root, 'info')), 'description') ?? title,
      maxDescription,
    ),
    baseUrl: baseUrlOf(options.baseUrl),
    choice: serverChoiceOf(openApi, options),
    credentials: { headers: options.headers ?? {}, query: options.query ?? {} },
    requestParts: new SchemaParts(openApi, 'request'),
    responseParts: new SchemaParts(openApi, 'response'),
    fetch: options.fetch ?? defaultFetch,
    withHead: isResponse(options.results),
    maxResponseBytes: options.maxResponseBytes ?? 33_554_432,
  }
  return [...toolsOf(source, options.include ?? (() => true))]
}

/**
 * Yields the tools of a document for one origin: that of the base URL, of the document's server, or of its first operation. The
 * embedder's headers belong to this origin, so operations of other origins are skipped.
 */
function* toolsOf(source: Source, include: NonNullable<OpenApiOptions['include']>): Generator<Tool> {
  const { document, baseUrl, choice } = source
  const servers = listOf(member(document.root, 'servers'))
  let home = baseUrl ?? (servers.length === 0 ? null : serverUrl(document, servers, { baseUrl: null, choice }))
  let count = 0
  for (const operation of operationsOf(document)) {
    if (!include(operation)) continue
    const server = operationUrl(document, operation, { baseUrl, choice, home })
    home ??= server
    if (server.origin !== home.origin) continue
    if (count++ === maxOperations) throw document.invalid('/paths', `more than ${maxOperations} operations`)
    yield operationTool(source, withoutGiven(operation, source.credentials), server)
  }
}

type Source = {
  readonly document: OpenApiDocument
  readonly namespace: string
  readonly namespaceDescription: string
  readonly baseUrl: URL | null
  readonly choice: ServerChoice
  readonly credentials: Credentials
  readonly requestParts: SchemaParts
  readonly responseParts: SchemaParts
  readonly fetch: typeof globalThis.fetch
  readonly maxResponseBytes: number
  readonly withHead: boolean
}

function operationTool(source: Source, operation: Operation, server: URL): Tool {
  const { document, requestParts, responseParts, credentials, fetch, maxResponseBytes, withHead } = source
  const { namespace, namespaceDescription } = source
  return resolvedTool({
    name: operation.id,
    namespace,
    namespaceDescription,
    kind: 'function',
    description: descriptionOf(operation),
    // Lazy: a model uses few of a thousand operations.
    get inputSchema() {
      return requestParts.standAlone(inputSchemaOf(document, operation))
    },
    get outputSchema() {
      return responseParts.standAlone(resultSchemaOf(operation, withHead))
    },
    deferred: operation.isDeprecated,
    annotations: annotationsOf(operation),
    async call(input, { signal, key }) {
      const request = buildRequest(document, operation, { server, input, credentials })
      // A server that supports the header can detect a request that is repeated after a crash.
      if (operation.method === 'POST' && !request.headers.has('idempotency-key')) {
        request.headers.set('idempotency-key', key)
      }
      return await sendRequest(request, { fetch, signal, maxResponseBytes, withHead })
    },
  })
}

/** Returns the operation for cells, without the parameters that the embedder sends. */
function withoutGiven(operation: Operation, { headers, query }: Credentials): Operation {
  const names = new Set(Object.keys(headers).map((name) => name.toLowerCase()))
  const parameters = operation.parameters.filter(({ in: location, name }) => {
    if (location === 'header') return !names.has(name.toLowerCase())
    return location !== 'query' || !Object.hasOwn(query, name)
  })
  return { ...operation, parameters }
}

function descriptionOf({ method, path, title, description, isDeprecated }: Operation): string {
  const lines = [
    `${isDeprecated ? 'Deprecated. ' : ''}${title === '' ? `${method} ${path}` : `${title} (${method} ${path})`}`,
    shortened(description === title ? '' : description.trim(), maxDescription),
  ]
  return lines.filter((line) => line !== '').join('\n')
}

function annotationsOf({ method, title }: Operation): ToolAnnotations {
  const named = title === '' ? {} : { title }
  const isRead = method === 'GET' || method === 'HEAD' || method === 'OPTIONS' || method === 'TRACE'
  if (isRead) return { ...named, readOnlyHint: true, openWorldHint: true }
  const replaces = method === 'PUT' || method === 'DELETE'
  return {
    ...named,
    readOnlyHint: false,
    destructiveHint: replaces,
    idempotentHint: replaces,
    openWorldHint: true,
  }
}

function baseUrlOf(text: string | undefined): URL | null {
  if (text === undefined) return null
  const url = URL.canParse(text) ? new URL(text) : null
  if (url !== null && (url.protocol === 'https:' || url.protocol === 'http:')) return url
  throw new CodecellError(
    'INVALID_OPTION',
    `Cannot use base URL "${text}": http:// or https:// and a host are expected`,
  )
}

function isResponse(results: OpenApiOptions['results']): boolean {
  if (results === undefined || results === 'body') return false
  if (results === 'response') return true
  throw new CodecellError('INVALID_OPTION', `Cannot use results "${String(results)}": must be one of body, response`)
}

function slug(title: string): string {
  const words = title.toLowerCase().match(/[a-z0-9]+/g) ?? []
  return words.join('_').slice(0, 40) || 'openapi'
}

function shortened(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text
}
