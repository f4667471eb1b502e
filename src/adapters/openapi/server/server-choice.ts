import { CodecellError } from '../../../errors.ts'
import { listOf, member, recordOf, textMember, type OpenApiDocument } from '../document/document.ts'
import type { Operation } from '../operation/operation.ts'
import { foundOperations } from '../operation/read-operation.ts'
import { chosenServer, findServer, serverUrl, type ServerChoice } from './server-url.ts'

export type { ServerChoice } from './server-url.ts'

type ServerOptions = {
  readonly server?: string | number
  readonly serverVariables?: Readonly<Record<string, string>>
  readonly documentUrl?: string
}

/**
 * Reads the choice of a server.
 *
 * @throws {CodecellError} CONFIG_INVALID when the document has no such server or variable, INVALID_OPTION for another URL than HTTP.
 */
export function serverChoiceOf(document: OpenApiDocument, options: ServerOptions): ServerChoice {
  const { server = null, serverVariables: variables = {}, documentUrl } = options
  const lists = server === null && Object.keys(variables).length === 0 ? [] : serversOf(document)
  if (server !== null && lists.every((list) => findServer(list, server) === undefined)) {
    const urls = new Set(lists.flat().map((one) => JSON.stringify(textMember(one, 'url') ?? '')))
    const known =
      urls.size === 0 ? 'the document has no servers' : `expected one of ${[...urls].slice(0, maxListed).join(', ')}`
    throw document.invalid('/servers', `not found: ${JSON.stringify(server)}; ${known}`)
  }
  for (const name of Object.keys(variables)) {
    if (lists.flat().some((one) => Object.hasOwn(recordOf(member(one, 'variables')), name))) continue
    throw document.invalid('/servers', `no server has the variable "${name}"`)
  }
  return { server, variables, documentUrl: documentUrl === undefined ? selfOf(document) : httpUrl(documentUrl) }
}

/** Maximum number of servers in a message. */
const maxListed = 20

/** Returns the lists of servers of a document, of its paths and of its operations. */
function serversOf(document: OpenApiDocument): readonly (readonly Readonly<Record<string, unknown>>[])[] {
  const operations = [...foundOperations(document)].flatMap(({ item, operation }) => [item, operation])
  return [document.root, ...operations].map((owner) => listOf(member(owner, 'servers')).map(recordOf))
}

/** Returns the URL that the document states for itself (OpenAPI 3.2), or null. */
function selfOf(document: OpenApiDocument): URL | null {
  const self = textMember(document.root, '$self') ?? ''
  return /^https?:/i.test(self) && URL.canParse(self) ? new URL(self) : null
}

function httpUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url !== null && (url.protocol === 'https:' || url.protocol === 'http:')) return url
  throw new CodecellError(
    'INVALID_OPTION',
    `Cannot use document URL "${text}": http:// or https:// and a host are expected`,
  )
}

/** Returns the URL of an operation's server. A server without a host has the host of the document's URL or server. */
export function operationUrl(
  document: OpenApiDocument,
  { servers }: Operation,
  { baseUrl, choice, home }: { baseUrl: URL | null; choice: ServerChoice; home: URL | null },
): URL {
  const text = textMember(chosenServer(servers, choice.server), 'url')
  const isRelative = text !== undefined && text.startsWith('/') && !text.startsWith('//')
  const origin = isRelative && home !== null && choice.documentUrl === null ? new URL(home.origin) : null
  return serverUrl(document, servers, { baseUrl: baseUrl ?? origin, choice })
}
