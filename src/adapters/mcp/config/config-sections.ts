import { basename, dirname, extname, isAbsolute, resolve } from 'node:path'
import { isRecord } from '../../../protocol/json.ts'
import { isNear } from '../../../options/nearest-names.ts'
import { configInvalid, workspaceFolderOf } from './config-file.ts'
import type { ClientName } from './config-keys.ts'

/** The servers of a file, under one of its keys. An entry without a name has the value undefined. */
export type ConfigSection = {
  readonly client: ClientName
  readonly entries: readonly (readonly [name: string, entry: unknown])[]
}

/** The top-level keys that hold servers or documents. */
const rootKeys = ['mcpServers', 'servers', 'mcp', 'context_servers', 'mcp_servers', 'openapi']

/**
 * Returns the servers of a file in each form that it has. A key that has no servers does not affect the others: `onWarning` receives
 * it.
 *
 * @throws {CodecellError} CONFIG_INVALID when the file has neither servers nor OpenAPI documents.
 */
export function sectionsOf(config: unknown, file: string, onWarning: (text: string) => void): readonly ConfigSection[] {
  const root = isRecord(config) ? config : {}
  const given = candidatesIn(root, file).filter(({ servers }) => servers !== undefined && servers !== null)
  const read = given.map(({ key, client, servers }) => ({ key, client, entries: entriesOf(key, servers) }))
  const sections = read.flatMap(({ client, entries }) => (entries === null ? [] : [{ client, entries }]))
  // A file can have only OpenAPI documents.
  if (sections.length === 0 && (given.length > 0 || !hasDocuments(root))) {
    throw configInvalid(file, `${expectation(file)} with one entry for each server`)
  }
  for (const { key, entries } of read) {
    if (entries === null) onWarning(`"${key}" is not read, because it is not an object with one entry for each server`)
  }
  return sections
}

type Candidate = { readonly key: string; readonly client: ClientName; readonly servers: unknown }

/** Returns the values that can be servers, with the key of each. Earlier ones have priority. */
function candidatesIn(root: Readonly<Record<string, unknown>>, file: string): readonly Candidate[] {
  const mcp = isRecord(root['mcp']) ? root['mcp'] : {}
  const inMcp = isRecord(mcp['servers']) && !('type' in mcp['servers']) ? mcp['servers'] : undefined
  const keyed = [
    // Servers of the project have priority over those of the user.
    ...projectsIn(root, file).map((project) => candidate('mcpServers', 'claude', project['mcpServers'])),
    candidate('mcpServers', sharedClient(root, file), root['mcpServers']),
    candidate('servers', 'vscode', root['servers']),
    candidate('mcp.servers', 'vscode', root['mcp.servers']),
    candidate('mcp.servers', isOpenCode(inMcp) ? 'opencode' : 'vscode', inMcp),
    candidate('mcp', 'opencode', isOpenCode(root['mcp']) ? openCodeServers(mcp) : undefined),
    candidate('context_servers', 'zed', root['context_servers']),
    candidate('mcp_servers', 'codex', root['mcp_servers']),
  ]
  const hasKey = keyed.some(({ servers }) => servers !== undefined && servers !== null)
  // `.agents/mcp.json` of opencode has the entries without a key around them.
  return hasKey || hasDocuments(root) || !isOpenCode(root)
    ? keyed
    : [candidate('mcp', 'opencode', openCodeServers(root))]
}

function candidate(key: string, client: ClientName, servers: unknown): Candidate {
  return { key, client, servers }
}

/** Returns the entries of an object, or of a list whose entries have a `name`; null for another value, or an empty list. */
function entriesOf(key: string, servers: unknown): ConfigSection['entries'] | null {
  if (isRecord(servers)) return Object.entries(servers)
  if (!Array.isArray(servers) || !servers.some((entry) => nameOf(entry) !== null)) return null
  return servers.map((entry: unknown, index) => {
    const name = nameOf(entry)
    return name === null ? [`${key}[${index}]`, undefined] : [name, entry]
  })
}

function nameOf(entry: unknown): string | null {
  const name = isRecord(entry) ? entry['name'] : null
  return typeof name === 'string' && name !== '' ? name : null
}

/** Returns the entries of projects in the user's file of Claude Code, for the working folder and the folder of the file. */
export function projectsIn(root: Readonly<Record<string, unknown>>, file: string): readonly Record<string, unknown>[] {
  const projects = isRecord(root['projects']) ? root['projects'] : {}
  const folders = new Set([process.cwd(), workspaceFolderOf(file)])
  return [...folders].flatMap((folder) =>
    Object.entries(projects).flatMap(([key, project]) =>
      isRecord(project) && isAbsolute(key) && resolve(key) === folder ? [project] : [],
    ),
  )
}

function hasDocuments(root: Readonly<Record<string, unknown>>): boolean {
  return root['openapi'] !== undefined
}

function expectation(file: string): string {
  return extname(file).toLowerCase() === '.toml'
    ? 'expected a table "mcp_servers"'
    : 'expected an object "mcpServers" (or "servers")'
}

/** Returns the top-level keys that are probably misspelled, each with the key that is meant. Other keys belong to clients. */
export function misspelledRootKeys(config: unknown): readonly (readonly [string, string])[] {
  if (!isRecord(config)) return []
  return Object.keys(config).flatMap((key) => {
    if (rootKeys.includes(key)) return []
    const meant = rootKeys.find((known) => known !== 'mcp' && isNear(key, known, 1))
    return meant === undefined ? [] : [[key, meant] as const]
  })
}

/** Whether the object has entries of opencode: it names their type, or only switches a server of another file. */
function isOpenCode(servers: unknown): boolean {
  return isRecord(servers) && Object.values(servers).some((server) => isOpenCodeEntry(server))
}

function isOpenCodeEntry(server: unknown): server is Readonly<Record<string, unknown>> {
  return (
    isRecord(server) && (server['type'] === 'local' || server['type'] === 'remote' || Array.isArray(server['command']))
  )
}

/** Returns the entries directly in `mcp` of opencode, which can also have settings in later versions. */
function openCodeServers(mcp: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(mcp).filter(
      ([name, value]) => isOpenCodeEntry(value) || !['$schema', 'servers', 'timeout'].includes(name),
    ),
  )
}

/** Returns the client of a file with `mcpServers`, by its path or by keys that only one client has. */
function sharedClient(root: Readonly<Record<string, unknown>>, file: string): ClientName {
  const path = resolve(file)
  const [name, folder] = [basename(path), basename(dirname(path))]
  if (/^(cline_)?mcp_settings\.json$/.test(name) || ['.roo', '.kilocode', '.cline'].includes(folder)) return 'cline'
  if (['.gemini', '.qwen'].includes(folder) || /^(gemini-extension|settings)\.json$/.test(name)) return 'gemini'
  if (folder === '.cursor') return 'cursor'
  if (name === 'mcp_config.json' || folder === 'windsurf') return 'windsurf'
  const given = root['mcpServers']
  const servers = (Array.isArray(given) || isRecord(given) ? Object.values(given) : []).filter(isRecord)
  const has = (...keys: string[]): boolean => servers.some((server) => keys.some((key) => server[key] !== undefined))
  const settings = isRecord(root['mcp']) ? root['mcp'] : {}
  if (Array.isArray(settings['allowed']) || Array.isArray(settings['excluded'])) return 'gemini'
  if (has('httpUrl', 'trust', 'authProviderType')) return 'gemini'
  if (has('autoApprove', 'alwaysAllow') || servers.some(({ type }) => type === 'streamableHttp')) return 'cline'
  return has('serverUrl', 'disabledTools') ? 'windsurf' : 'claude'
}
