import { CodecellError } from '../../errors.ts'
import { resolvedTool } from '../../tools/resolve-tool.ts'
import type { Tool, ToolAnnotations } from '../../tools/tool.ts'
import { buildRequest, type Credentials } from './build-request.ts'
import { OpenApiDocument, recordOf, member, textMember } from './document.ts'
import { operationsOf, type Operation } from './operation.ts'
import { inputSchemaOf } from './operation-schema.ts'
import { SchemaParts } from './schema-parts.ts'
import { sendRequest } from './send-request.ts'
import { serverUrl } from './server-url.ts'
import { checkOptions, type OptionNames } from '../../options/check-options.ts'

export type OpenApiOptions = {
  /** Namespace of the tools, and the name of the document in messages. Default: from its title. */
  readonly name?: string
  /** Where the server is. A path in it replaces the servers of the document; otherwise only their origin is replaced. */
  readonly baseUrl?: string
  /** Sent with every request, before the cell's own; never shown to cells or models. */
  readonly headers?: Readonly<Record<string, string>>
  /** Added to every query, such as a key. */
  readonly query?: Readonly<Record<string, string>>
  /** Which operations become tools. Default: all. */
  readonly include?: (operation: Pick<Operation, 'id' | 'method' | 'path' | 'tags' | 'isDeprecated'>) => boolean
  /** In place of the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch
  /** Largest answer, in bytes. Default: 33 554 432. */
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

/** Longest description of an operation or an interface, in characters. */
const maxDescription = 1000

/** Most operations that are taken from one document. */
const maxOperations = 10_000

/**
 * The operations of an OpenAPI 3 document as tools. A tool takes the parameters by name and the body as `body`, and resolves to
 * what the answer holds; an answer that says no rejects. `GET` counts as read-only, `PUT` and `DELETE` as destructive;
 * deprecated operations are deferred. Throws `CONFIG_INVALID` for a document that cannot be used, and says where.
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
    // Looked up at each call: programs that replace the global one mean these calls too.
    fetch: options.fetch ?? ((...args) => globalThis.fetch(...args)),
    maxResponseBytes: options.maxResponseBytes ?? 33_554_432,
  }
  return [...toolsOf(source, options.include ?? (() => true))]
}

/**
 * The tools of a document, all of one origin: that of the base URL, of the document's server, or of its first operation. The
 * embedder's headers are for it, so operations that name another one are left out.
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

/** Where an operation is called; a server that is named without a host is at the document's own. */
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
    // Made when somebody asks: of a thousand operations a model meets a few.
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
      // A server that knows the header can tell a request that is made again after a crash.
      if (operation.method === 'POST' && !request.headers.has('idempotency-key')) {
        request.headers.set('idempotency-key', key)
      }
      return await sendRequest(request, { fetch, signal, maxResponseBytes })
    },
  })
}

/** The operation as a cell sees it: what the embedder sends is none of its parameters. */
function withoutGiven(operation: Operation, { headers, query }: Credentials): Operation {
  const names = new Set(Object.keys(headers).map((name) => name.toLowerCase()))
  const parameters = operation.parameters.filter(({ in: place, name }) => {
    if (place === 'header') return !names.has(name.toLowerCase())
    return place !== 'query' || !Object.hasOwn(query, name)
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
