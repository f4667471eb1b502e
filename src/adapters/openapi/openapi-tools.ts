import { CodecellError } from '../../errors.ts'
import { resolvedTool } from '../../tools/resolve-tool.ts'
import type { Tool, ToolAnnotations } from '../../tools/tool.ts'
import { buildRequest, type Credentials } from './request/build-request.ts'
import { OpenApiDocument, recordOf, member, textMember } from './document/document.ts'
import { operationsOf, type Operation } from './operation/operation.ts'
import { inputSchemaOf } from './operation/operation-schema.ts'
import { SchemaParts } from './document/schema-parts.ts'
import { sendRequest } from './response/send-request.ts'
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
  headers: 'any',
  query: 'any',
  include: 'function',
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
    credentials: { headers: options.headers ?? {}, query: options.query ?? {} },
    requestParts: new SchemaParts(openApi, 'request'),
    responseParts: new SchemaParts(openApi, 'response'),
    // Looked up at each call: a replaced global `fetch` applies to these calls as well.
    fetch: options.fetch ?? ((...args) => globalThis.fetch(...args)),
    maxResponseBytes: options.maxResponseBytes ?? 33_554_432,
  }
  return [...toolsOf(source, options.include ?? (() => true))]
}

/**
 * Yields the tools of a document for one origin: that of the base URL, of the document's server, or of its first operation. The
 * embedder's headers belong to this origin, so operations of other origins are skipped.
 */
function* toolsOf(source: Source, include: NonNullable<OpenApiOptions['include']>): Generator<Tool> {
  const { document, baseUrl } = source
  const servers = member(document.root, 'servers')
  let home = baseUrl ?? (servers === undefined ? null : serverUrl(document, servers, null))
  let count = 0
  for (const operation of operationsOf(document)) {
    if (!include(operation)) continue
    const server = operationUrl(source, operation, home)
    home ??= server
    if (server.origin !== home.origin) continue
    if (count++ === maxOperations) throw document.invalid('/paths', `more than ${maxOperations} operations`)
    yield operationTool(source, withoutGiven(operation, source.credentials), server)
  }
}

/** Returns the URL of an operation's server. A server without a host has the host of the document's server. */
function operationUrl({ document, baseUrl }: Source, { servers }: Operation, home: URL | null): URL {
  const [first] = Array.isArray(servers) ? servers : []
  const text = textMember(recordOf(first), 'url')
  const isRelative = text !== undefined && text.startsWith('/') && !text.startsWith('//')
  const origin = isRelative && home !== null ? new URL(home.origin) : null
  return serverUrl(document, servers, baseUrl ?? origin)
}

type Source = {
  readonly document: OpenApiDocument
  readonly namespace: string
  readonly namespaceDescription: string
  readonly baseUrl: URL | null
  readonly credentials: Credentials
  readonly requestParts: SchemaParts
  readonly responseParts: SchemaParts
  readonly fetch: typeof globalThis.fetch
  readonly maxResponseBytes: number
}

function operationTool(source: Source, operation: Operation, server: URL): Tool {
  const { document, requestParts, responseParts, credentials, fetch, maxResponseBytes } = source
  const { namespace, namespaceDescription } = source
  return resolvedTool({
    name: operation.id,
    namespace,
    namespaceDescription,
    kind: 'function',
    description: descriptionOf(operation),
    // Lazy: a model uses few of a thousand operations.
    get inputSchema() {
      return requestParts.standAlone(inputSchemaOf(operation))
    },
    get outputSchema() {
      return operation.result === undefined ? undefined : responseParts.standAlone(operation.result)
    },
    deferred: operation.isDeprecated,
    annotations: annotationsOf(operation),
    async call(input, { signal, key }) {
      const request = buildRequest(document, operation, { server, input, credentials })
      // A server that supports the header can detect a request that is repeated after a crash.
      if (operation.method === 'POST' && !request.headers.has('idempotency-key')) {
        request.headers.set('idempotency-key', key)
      }
      return await sendRequest(request, { fetch, signal, maxResponseBytes })
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

function slug(title: string): string {
  const words = title.toLowerCase().match(/[a-z0-9]+/g) ?? []
  return words.join('_').slice(0, 40) || 'openapi'
}

function shortened(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text
}
