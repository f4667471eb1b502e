import { CodecellError } from '../../../errors.ts'
import { isRecord } from '../../../protocol/json.ts'
import { listOf, member, recordOf, textMember, type OpenApiDocument } from '../document/document.ts'
import type { Operation } from '../operation/operation.ts'
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
  const all = server === null && Object.keys(variables).length === 0 ? none : serversOf(document)
  if (
    server !== null &&
    findServer(all.root, server) === undefined &&
    !all.nested.some((one) => findServer(one, server))
  ) {
    const known = all.root.filter(isRecord).map((one) => `"${textMember(one, 'url') ?? ''}"`)
    throw document.invalid('/servers', `not found: ${JSON.stringify(server)}; expected one of ${known.join(', ')}`)
  }
  for (const name of Object.keys(variables)) {
    if (all.variables.has(name)) continue
    throw document.invalid('/servers', `no server has the variable "${name}"`)
  }
  return { server, variables, documentUrl: documentUrl === undefined ? selfOf(document) : httpUrl(documentUrl) }
}

type Servers = {
  readonly root: readonly unknown[]
  readonly nested: readonly (readonly unknown[])[]
  readonly variables: ReadonlySet<string>
}

const none: Servers = { root: [], nested: [], variables: new Set() }

/** Returns the lists of servers of a document, and the names of their variables. */
function serversOf(document: OpenApiDocument): Servers {
  const root = listOf(member(document.root, 'servers'))
  const nested = Object.values(recordOf(member(document.root, 'paths'))).flatMap((value) => {
    const item = recordOf(document.resolve(value))
    return [item, ...Object.values(item).map(recordOf)].map((owner) => listOf(member(owner, 'servers')))
  })
  const servers = [root, ...nested].flat().map(recordOf)
  return { root, nested, variables: new Set(servers.flatMap((one) => Object.keys(recordOf(member(one, 'variables'))))) }
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
