import { isRecord } from '../../../protocol/json.ts'
import { configInvalid } from './config-file.ts'
import type { InvalidMcpServer, McpServerConfig } from './server-config.ts'
import { escapePattern } from '../../../text/escape-pattern.ts'

/** A server in a list of Claude Code: its name, its command with all arguments, or a pattern of its URL. */
type ManagedServer =
  | { readonly by: 'name'; readonly name: string }
  | { readonly by: 'command'; readonly words: readonly string[] }
  | { readonly by: 'url'; readonly pattern: string }

/**
 * Returns whether `allowedMcpServers` and `deniedMcpServers` of Claude Code leave a server. A list of allowed commands decides alone
 * about servers with a command, and one of allowed URLs about those with a URL.
 *
 * @throws {CodecellError} CONFIG_INVALID when a list is unreadable: it must not start every server.
 */
export function managedServers(
  root: Readonly<Record<string, unknown>>,
  file: string,
): (server: McpServerConfig | InvalidMcpServer, entry: unknown) => boolean {
  const allowed = listIn(root, 'allowedMcpServers', file)
  const denied = listIn(root, 'deniedMcpServers', file) ?? []
  return (server, entry) => {
    const fits = (managed: ManagedServer): boolean => isServer(managed, server, entry)
    if (denied.some(fits)) return false
    if (allowed === null) return true
    const own = allowed.filter(({ by }) => by === (server.type === 'stdio' ? 'command' : 'url'))
    return own.length > 0 && server.type !== 'invalid' ? own.some(fits) : allowed.some(fits)
  }
}

function listIn(root: Readonly<Record<string, unknown>>, key: string, file: string): readonly ManagedServer[] | null {
  const list = root[key] ?? null
  if (list === null) return null
  const fail = (): never => {
    throw configInvalid(file, `"${key}" must be a list of objects with "serverName", "serverCommand" or "serverUrl"`)
  }
  return Array.isArray(list) ? list.map((item: unknown) => managedServer(item) ?? fail()) : fail()
}

function managedServer(item: unknown): ManagedServer | null {
  const { serverName: name, serverCommand: words, serverUrl: pattern } = isRecord(item) ? item : {}
  if (typeof name === 'string') return { by: 'name', name }
  if (Array.isArray(words) && words.every((word) => typeof word === 'string')) return { by: 'command', words }
  return typeof pattern === 'string' ? { by: 'url', pattern } : null
}

function isServer(managed: ManagedServer, server: McpServerConfig | InvalidMcpServer, entry: unknown): boolean {
  switch (managed.by) {
    case 'name':
      return managed.name === server.name
    case 'command':
      return server.type === 'stdio' && commandsOf(server, entry).some((words) => isSame(words, managed.words))
    case 'url':
      return (server.type === 'http' || server.type === 'sse') && isUrlOf(managed.pattern, server.url)
    default:
      return managed satisfies never
  }
}

/** Returns the command as it is run, and as it is written. */
function commandsOf({ command, args }: McpServerConfig & { type: 'stdio' }, entry: unknown): readonly unknown[][] {
  const { command: written, args: writtenArgs = [] } = isRecord(entry) ? entry : {}
  return [
    [command, ...args],
    [written, ...(Array.isArray(writtenArgs) ? writtenArgs : [])],
  ]
}

function isSame(words: readonly unknown[], others: readonly string[]): boolean {
  return words.length === others.length && words.every((word, index) => word === others[index])
}

/** Returns whether a URL fits a pattern with `*`. A pattern without a path fits every path; the case of hosts does not matter. */
function isUrlOf(pattern: string, url: string): boolean {
  const [, origin = '', path = ''] = /^([^/]*\/\/[^/?#]*|[^/]*)(.*)$/s.exec(pattern) ?? []
  const target = new URL(url)
  return (
    originsOf(target).some((own) => isLike(withoutDot(origin.toLowerCase()), own)) &&
    (path === '' || isLike(path, target.pathname + target.search))
  )
}

/** Returns the origin of a URL, and its form with the default port. */
function originsOf({ protocol, host, port }: URL): readonly string[] {
  const origin = withoutDot(`${protocol}//${host}`)
  return port === '' ? [origin, `${origin}:${protocol === 'https:' ? 443 : 80}`] : [origin]
}

/** Removes the dot after a host, which is not part of its name. */
function withoutDot(origin: string): string {
  return origin.replace(/\.(?=:[\d*]+$|$)/, '')
}

function isLike(pattern: string, text: string): boolean {
  const source = pattern.split('*').map((part) => escapePattern(part))
  return new RegExp(`^${source.join('.*')}$`, 's').test(text)
}
