import { CodecellError } from '../../errors.ts'
import { identifierOf } from '../../tools/identifiers.ts'
import { resolvedTool } from '../../tools/resolve-tool.ts'
import type { Tool, ToolAnnotations } from '../../tools/tool.ts'
import type { Credentials } from './request/build-request.ts'
import { listOf, OpenApiDocument, recordOf, member, textMember } from './document/document.ts'
import type { Operation } from './operation/operation.ts'
import { foundOperations, readOperation } from './operation/read-operation.ts'
import { SkippedReport } from './operation/skipped-report.ts'
import { inputSchemaOf, resultSchemaOf } from './operation/operation-schema.ts'
import { SchemaParts } from './document/schema-parts.ts'
import { defaultFetch } from './response/default-fetch.ts'
import { operationUrl, serverChoiceOf, type ServerChoice } from './server/server-choice.ts'
import { checkedHeaders } from './security/check-headers.ts'
import type { OpenApiAuth } from './security/credentials.ts'
import { DocumentSecurity } from './security/document-security.ts'
import { isPrivate } from './security/loopback.ts'
import { MissingReport } from './security/missing-report.ts'
import type { OperationSecurity } from './security/operation-security.ts'
import { OperationSettings, type OpenApiOperations } from './effects/operation-settings.ts'
import { idempotencyParameter, withOptionalKey } from './effects/idempotency-key.ts'
import { callOperation, type CallableOperation } from './calls/call-operation.ts'
import { pageHintOf, type PageHint } from './pages/page-hint.ts'
import { pageCall, pageSchema, pageToolName } from './pages/page-tool.ts'
import { callListener } from '../../session/common/call-listener.ts'
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
  /** The credentials of security schemes, by the names of the schemes. They are sent to the server only, and never shown. */
  readonly auth?: OpenApiAuth
  /** Settings of single operations, by their ids. */
  readonly operations?: OpenApiOperations
  /** Receives warnings about operations that are skipped, and about those that need credentials which are not configured. */
  readonly onWarning?: (text: string, reason: OpenApiWarning) => void
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

/** The reason of a warning. */
export type OpenApiWarning = 'operation_skipped' | 'credentials_missing'

const optionNames: OptionNames<OpenApiOptions> = {
  name: 'any',
  baseUrl: 'any',
  server: 'any',
  serverVariables: 'any',
  documentUrl: 'any',
  headers: 'any',
  query: 'any',
  auth: 'any',
  operations: 'any',
  onWarning: 'function',
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
 * operations are deferred. An invalid operation is skipped.
 *
 * @throws {CodecellError} CONFIG_INVALID with the location in the document when it cannot be used, or none of its operations can.
 * @example
 * ```ts
 * const response = await fetch('https://petstore3.swagger.io/api/v3/openapi.json')
 * const tools = openApiTools(await response.json(), { documentUrl: response.url })
 * await using session = await createSession({ tools })
 * ```
 */
export function openApiTools(document: unknown, options: OpenApiOptions = {}): readonly Tool[] {
  checkOptions('openApiTools', options, optionNames)
  const title = textMember(recordOf(member(recordOf(document), 'info')), 'title') ?? ''
  const name = options.name ?? slug(title)
  const openApi = new OpenApiDocument(document, options.name ?? (title === '' ? 'openapi' : title))
  const baseUrl = baseUrlOf(options.baseUrl)
  const credentials: Credentials = { headers: checkedHeaders(options.headers ?? {}), query: options.query ?? {} }
  const fetch = options.fetch ?? defaultFetch
  const security = { auth: options.auth, given: credentials, baseUrl, fetch, hasOwnFetch: options.fetch !== undefined }
  const source: Source = {
    document: openApi,
    namespace: name,
    namespaceDescription: shortened(
      textMember(recordOf(member(openApi.root, 'info')), 'description') ?? title,
      maxDescription,
    ),
    baseUrl,
    choice: serverChoiceOf(openApi, options),
    credentials,
    security: new DocumentSecurity(openApi, security),
    settings: new OperationSettings(openApi, options.operations),
    report: new MissingReport(),
    skipped: new SkippedReport(openApi),
    requestParts: new SchemaParts(openApi, 'request'),
    responseParts: new SchemaParts(openApi, 'response'),
    withHead: isResponse(options.results),
    maxResponseBytes: options.maxResponseBytes ?? 33_554_432,
  }
  const tools = [...toolsOf(source, options.include ?? (() => true))]
  if (tools.length === 0) source.skipped.throwFirst()
  warn(options, source.skipped.texts(), 'operation_skipped')
  warn(options, source.report.texts(openApi.name), 'credentials_missing')
  return tools
}

function warn({ onWarning }: OpenApiOptions, texts: readonly string[], reason: OpenApiWarning): void {
  for (const text of texts) callListener('onWarning', () => onWarning?.(text, reason))
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
  const all = [...foundOperations(document)]
  const names = new Set(all.map(({ id }) => id))
  source.settings.checkIds(names)
  for (const found of all) {
    if (!include(found)) continue
    const read = source.skipped.attempt(found, () => {
      const operation = readOperation(document, found)
      return { operation, server: operationUrl(document, operation, { baseUrl, choice, home }) }
    })
    if (read === null) continue
    const { operation, server } = read
    home ??= server
    if (server.origin !== home.origin) continue
    if (count++ === maxOperations) throw document.invalid('/paths', `more than ${maxOperations} operations`)
    yield* toolsOfOperation(source, operation, { server, names })
  }
}

/** Yields the tool of an operation, and one for its pages when only the headers of responses have the next page. */
function* toolsOfOperation(
  source: Source,
  operation: Operation,
  { server, names }: { readonly server: URL; readonly names: Set<string> },
): Generator<Tool> {
  const { document, credentials, baseUrl, maxResponseBytes, withHead } = source
  const security = source.security.of(operation.security)
  source.report.add(security)
  if (security.hasCredentials && baseUrl === null && !isPrivate(server)) {
    throw document.invalid('/servers', `${server.origin} is not encrypted; set "baseUrl" to send credentials to it`)
  }
  const own = withOptionalKey(withoutGiven(operation, credentials, security))
  const hint = pageHintOf(document, own)
  const callable = { document, operation: own, server, credentials, security, maxResponseBytes, withHead }
  const pageName = hint?.type === 'link' ? pageToolName(operation.id, names) : null
  const { namespace } = source
  const pages = pageName === null ? null : identifierOf({ namespace, name: pageName })
  const tool = operationTool(source, callable, noteOf(hint, pages))
  yield tool
  if (pageName !== null) yield pageToolOf(source, callable, { name: pageName, tool })
}

function noteOf(hint: PageHint | null, pages: string | null): string {
  if (pages === null) return hint?.type === 'text' ? hint.text : ''
  return `Pages: tools.${pages} returns { result, next }; pass next as its input until it is null.`
}

type Source = {
  readonly document: OpenApiDocument
  readonly namespace: string
  readonly namespaceDescription: string
  readonly baseUrl: URL | null
  readonly choice: ServerChoice
  readonly credentials: Credentials
  readonly security: DocumentSecurity
  readonly settings: OperationSettings
  readonly report: MissingReport
  readonly skipped: SkippedReport
  readonly requestParts: SchemaParts
  readonly responseParts: SchemaParts
  readonly maxResponseBytes: number
  readonly withHead: boolean
}

function operationTool(source: Source, callable: CallableOperation, pageNote: string): Tool {
  const { document, requestParts, responseParts, namespace, namespaceDescription, withHead } = source
  const { operation, security } = callable
  return resolvedTool({
    name: operation.id,
    namespace,
    namespaceDescription,
    kind: 'function',
    description: descriptionOf(operation, [pageNote, security.note]),
    // Lazy: a model uses few of a thousand operations.
    get inputSchema() {
      return requestParts.standAlone(inputSchemaOf(document, operation))
    },
    get outputSchema() {
      return responseParts.standAlone(resultSchemaOf(operation, withHead))
    },
    deferred: operation.isDeprecated,
    // A server that knows the header applies a repeated request once.
    ...(idempotencyParameter(operation) === undefined ? {} : { idempotent: true }),
    ...source.settings.replaced(operation.id, annotationsOf(operation)),
    async call(input, context) {
      return (await callOperation(callable, input, context)).value
    },
  })
}

/** Returns the tool that reads the pages of an operation. Only a search finds it. */
function pageToolOf(
  { document, responseParts, namespace, namespaceDescription, settings, withHead }: Source,
  callable: CallableOperation,
  { name, tool }: { readonly name: string; readonly tool: Tool },
): Tool {
  const { operation } = callable
  return resolvedTool({
    name,
    namespace,
    namespaceDescription,
    kind: 'function',
    description: `Like ${operation.id}, with the input for the next page: { result, next }. next is null after the last page.`,
    ...settings.replaced(operation.id, annotationsOf(operation)),
    deferred: true,
    variantOf: operation.id,
    get inputSchema() {
      return tool.inputSchema
    },
    get outputSchema() {
      return responseParts.standAlone(
        pageSchema(inputSchemaOf(document, operation), resultSchemaOf(operation, withHead)),
      )
    },
    call: pageCall(callable),
  })
}

/** Returns the operation for cells, without the parameters that the embedder sends. */
function withoutGiven(operation: Operation, { headers, query }: Credentials, security: OperationSecurity): Operation {
  const names = new Set(Object.keys(headers).map((name) => name.toLowerCase()))
  const parameters = operation.parameters.filter(({ in: location, name }) => {
    if (security.sends({ in: location, name })) return false
    if (location === 'header') return !names.has(name.toLowerCase())
    return location !== 'query' || !Object.hasOwn(query, name)
  })
  return { ...operation, parameters }
}

function descriptionOf(
  { method, path, title, description, isDeprecated }: Operation,
  notes: readonly string[],
): string {
  const lines = [
    `${isDeprecated ? 'Deprecated. ' : ''}${title === '' ? `${method} ${path}` : `${title} (${method} ${path})`}`,
    shortened(description === title ? '' : description.trim(), maxDescription),
    ...notes,
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
