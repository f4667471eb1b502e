import { isRecord } from '../../../protocol/json.ts'
import { listOf, member, recordOf, textMember, type OpenApiDocument } from '../document/document.ts'

/** The server that the embedder chooses. */
export type ServerChoice = {
  /** The index, the URL, the description or the name of a server, or null for the first one. */
  readonly server: string | number | null
  readonly variables: Readonly<Record<string, string>>
  /** The URL of the document, which relative URLs of servers are relative to. */
  readonly documentUrl: URL | null
}

/**
 * Returns the URL of an operation's server: the chosen one with the values of its variables, relative to `baseUrl` or the URL of the
 * document. A `baseUrl` with a path replaces all servers.
 *
 * @throws {CodecellError} CONFIG_INVALID when the document has no usable server.
 */
export function serverUrl(
  document: OpenApiDocument,
  servers: unknown,
  { baseUrl, choice }: { baseUrl: URL | null; choice: ServerChoice },
): URL {
  if (baseUrl !== null && baseUrl.pathname !== '/') return withoutSlash(baseUrl)
  const server = chosenServer(servers, choice.server)
  const template = textMember(server, 'url') ?? '/'
  const text = filled(document, template, { variables: member(server, 'variables'), values: choice.variables })
  if (baseUrl !== null) {
    const path = URL.canParse(text) ? pathOf(text) : text
    if (URL.canParse(path, baseUrl.href)) return withoutSlash(new URL(path, baseUrl))
    throw document.invalid('/servers', `expected a URL, got "${text}"`)
  }
  if (text.includes('{')) {
    throw document.invalid(
      '/servers',
      `its variables need defaults, but "${text}" has none; set "baseUrl" instead, or "serverVariables"`,
    )
  }
  const base = choice.documentUrl?.href
  if (!URL.canParse(text, base)) {
    throw document.invalid('/servers', `expected an absolute URL, got "${text}"; set "baseUrl" instead`)
  }
  const url = new URL(text, base)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw document.invalid('/servers', `expected a URL with http:// or https://, got "${text}"`)
  }
  return withoutSlash(url)
}

/** Returns the server with an index, a URL or a description; the first one when the list does not have it. */
export function chosenServer(servers: unknown, choice: string | number | null): Readonly<Record<string, unknown>> {
  return recordOf((choice === null ? undefined : findServer(servers, choice)) ?? listOf(servers)[0])
}

/** Returns the server with an index, a URL, a description or a name, or undefined. */
export function findServer(servers: unknown, choice: string | number): unknown {
  const list = listOf(servers).filter(isRecord)
  if (typeof choice === 'number') return list[choice]
  const members = ['name', 'url', 'description'] as const
  return list.find((server) => members.some((name) => textMember(server, name) === choice))
}

function filled(
  document: OpenApiDocument,
  template: string,
  { variables, values }: { variables: unknown; values: ServerChoice['variables'] },
): string {
  return template.replaceAll(/\{([^}]*)\}/g, (whole, name: string) => {
    const variable = recordOf(member(recordOf(variables), name))
    const value = Object.hasOwn(values, name) ? values[name] : scalarOf(member(variable, 'default'))
    const allowed = listOf(member(variable, 'enum')).map(String)
    if (value === undefined) return whole
    if (allowed.length === 0 || allowed.includes(value) || !Object.hasOwn(values, name)) return value
    throw document.invalid('/servers', `the variable "${name}" must be one of ${allowed.join(', ')}, got "${value}"`)
  })
}

/** Returns the text of a default. Documents in YAML state ports as numbers. */
function scalarOf(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined
}

function pathOf(text: string): string {
  return new URL(text).pathname
}

function withoutSlash(url: URL): URL {
  const copy = new URL(url)
  copy.pathname = copy.pathname.replace(/\/+$/, '')
  copy.search = ''
  copy.hash = ''
  return copy
}
