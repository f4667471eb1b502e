import { isRecord } from '../../protocol/json.ts'
import { member, recordOf, textMember, type OpenApiDocument } from './document.ts'

/**
 * Where an operation is called: the first server that is described, its variables at their defaults, against `baseUrl` where
 * it is relative. A `baseUrl` with a path of its own comes before all servers. Throws `CONFIG_INVALID` when there is none.
 */
export function serverUrl(document: OpenApiDocument, servers: unknown, baseUrl: URL | null): URL {
  if (baseUrl !== null && baseUrl.pathname !== '/') return withoutSlash(baseUrl)
  const [server] = Array.isArray(servers) ? servers : []
  const template = isRecord(server) ? (textMember(server, 'url') ?? '/') : '/'
  const text = isRecord(server) ? filled(template, member(server, 'variables')) : template
  if (baseUrl !== null) return withoutSlash(new URL(URL.canParse(text) ? new URL(text).pathname : text, baseUrl))
  if (text.includes('{')) {
    throw document.invalid(
      '/servers',
      `its variables need defaults, "${text}" is left; or say where the server is: "baseUrl"`,
    )
  }
  if (!URL.canParse(text)) {
    throw document.invalid(
      '/servers',
      `an absolute URL is expected, not "${text}"; or say where the server is: "baseUrl"`,
    )
  }
  const url = new URL(text)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw document.invalid('/servers', `a URL with http:// or https:// is expected, not "${text}"`)
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
