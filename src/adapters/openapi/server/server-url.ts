import { isRecord } from '../../../protocol/json.ts'
import { member, recordOf, textMember, type OpenApiDocument } from '../document/document.ts'

/**
 * Returns the URL of an operation's server: the first server of the document with the defaults of its variables, relative to
 * `baseUrl`. A `baseUrl` with a path replaces all servers.
 *
 * @throws {CodecellError} CONFIG_INVALID when the document has no usable server.
 */
export function serverUrl(document: OpenApiDocument, servers: unknown, baseUrl: URL | null): URL {
  if (baseUrl !== null && baseUrl.pathname !== '/') return withoutSlash(baseUrl)
  const [server] = Array.isArray(servers) ? servers : []
  const template = isRecord(server) ? (textMember(server, 'url') ?? '/') : '/'
  const text = isRecord(server) ? filled(template, member(server, 'variables')) : template
  if (baseUrl !== null) return withoutSlash(new URL(URL.canParse(text) ? new URL(text).pathname : text, baseUrl))
  if (text.includes('{')) {
    throw document.invalid('/servers', `its variables need defaults, but "${text}" has none; set "baseUrl" instead`)
  }
  if (!URL.canParse(text)) {
    throw document.invalid('/servers', `expected an absolute URL, got "${text}"; set "baseUrl" instead`)
  }
  const url = new URL(text)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw document.invalid('/servers', `expected a URL with http:// or https://, got "${text}"`)
  }
  return withoutSlash(url)
}

function filled(template: string, variables: unknown): string {
  return template.replaceAll(/\{([^}]*)\}/g, (whole, name: string) => {
    const variable = recordOf(member(recordOf(variables), name))
    return textMember(variable, 'default') ?? whole
  })
}

function withoutSlash(url: URL): URL {
  const copy = new URL(url)
  copy.pathname = copy.pathname.replace(/\/+$/, '')
  copy.search = ''
  copy.hash = ''
  return copy
}
