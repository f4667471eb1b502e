import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { CommandError, exitCodes } from '../common/exit-codes.ts'
import type { Io } from '../common/io.ts'
import type { ServerEntry } from './server-entry.ts'

/** The file in which a client keeps its MCP servers. */
export type ClientFile = {
  /** The name of the client in messages. */
  readonly title: string
  /** The path, relative for a file of the project. */
  readonly file: string
  readonly format: 'json' | 'toml'
  /** Returns the path of the object or table that holds the servers, for the parsed content of the file. */
  readonly serversPath: (content: unknown) => readonly string[]
  /** Returns the entry in the client's format. */
  readonly entryOf: (entry: ServerEntry) => object
  /** The prefix of a path in the project, in a file that is shared with others; null for a file of the user. */
  readonly projectFolder: string | null
}

export type ClientChoice = { readonly global: boolean; readonly desktop: boolean }

type Client = Omit<ClientFile, 'file' | 'projectFolder'> & {
  /** The files of a project that the client reads, preferred first; none: the client has a file of the user only. */
  readonly project: readonly string[]
  /** The files of the user, preferred first. */
  readonly user: (io: Io) => readonly string[]
  /** A variable for the folder of the project, for clients that start servers elsewhere. */
  readonly folderVariable?: string
}

const plain = (entry: ServerEntry): object => entry
const withType = (entry: ServerEntry): object => ({ type: 'stdio', ...entry })
const inMcpServers = (): readonly string[] => ['mcpServers']

const claudeDesktop: Client = {
  title: 'Claude Desktop',
  format: 'json',
  serversPath: inMcpServers,
  entryOf: plain,
  project: [],
  user: (io) => [join(settingsFolder(io), 'Claude', 'claude_desktop_config.json')],
}

const clients: Readonly<Record<string, Client>> = {
  claude: {
    title: 'Claude Code',
    format: 'json',
    serversPath: inMcpServers,
    entryOf: withType,
    project: ['.mcp.json'],
    user: ({ home }) => [join(home, '.claude.json')],
  },
  cursor: {
    title: 'Cursor',
    format: 'json',
    serversPath: inMcpServers,
    entryOf: plain,
    project: [join('.cursor', 'mcp.json')],
    user: ({ home }) => [join(home, '.cursor', 'mcp.json')],
    folderVariable: '${workspaceFolder}/',
  },
  vscode: {
    title: 'VS Code',
    format: 'json',
    serversPath: () => ['servers'],
    entryOf: withType,
    project: [join('.vscode', 'mcp.json')],
    user: (io) => [join(settingsFolder(io), 'Code', 'User', 'mcp.json')],
    folderVariable: '${workspaceFolder}/',
  },
  codex: {
    title: 'Codex',
    format: 'toml',
    serversPath: () => ['mcp_servers'],
    entryOf: plain,
    project: [join('.codex', 'config.toml')],
    user: ({ home, env }) => [join(env['CODEX_HOME'] ?? join(home, '.codex'), 'config.toml')],
  },
  gemini: {
    title: 'Gemini CLI',
    format: 'json',
    serversPath: inMcpServers,
    entryOf: plain,
    project: [join('.gemini', 'settings.json')],
    user: ({ home }) => [join(home, '.gemini', 'settings.json')],
  },
  windsurf: {
    title: 'Windsurf',
    format: 'json',
    serversPath: inMcpServers,
    entryOf: plain,
    project: [],
    user: ({ home }) => [join(home, '.codeium', 'windsurf', 'mcp_config.json')],
  },
  zed: {
    title: 'Zed',
    format: 'json',
    serversPath: () => ['context_servers'],
    entryOf: (entry) => ({ ...entry, env: {} }),
    project: [join('.zed', 'settings.json')],
    user: (io) => [
      join(
        process.platform === 'win32' ? join(settingsFolder(io), 'Zed') : join(configFolder(io), 'zed'),
        'settings.json',
      ),
    ],
  },
  opencode: {
    title: 'opencode',
    format: 'json',
    serversPath: openCodePath,
    entryOf: ({ command, args }) => ({ type: 'local', command: [command, ...args] }),
    project: ['opencode.json', 'opencode.jsonc'],
    user: (io) => ['opencode.json', 'opencode.jsonc'].map((name) => join(configFolder(io), 'opencode', name)),
  },
}

/** Version 2 has the servers one level deeper, and reads files of version 1 too. */
function openCodePath(content: unknown): readonly string[] {
  const servers = memberOf(memberOf(content, 'mcp'), 'servers')
  const isVersion2 = typeof servers === 'object' && servers !== null && !('type' in servers)
  return isVersion2 ? ['mcp', 'servers'] : ['mcp']
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined
}

/** Returns the file of a client: the one that exists, or the preferred one. Throws a `CommandError` for an unknown client. */
export function clientFile(name: string, io: Io, { global, desktop }: ClientChoice): ClientFile {
  if (desktop && name !== 'claude') throw cannot(`Cannot use --desktop with "${name}": expected "claude"`)
  const client = desktop ? claudeDesktop : Object.hasOwn(clients, name) ? clients[name] : undefined
  if (client === undefined) throw cannot(`Cannot configure "${name}": unknown client`)
  const { title, format, serversPath, entryOf, project, user, folderVariable = '' } = client
  const isShared = !global && project.length > 0
  const candidates = isShared ? project : user(io)
  const file = candidates.find((path) => existsSync(resolve(io.project, path))) ?? candidates[0] ?? ''
  return { title, format, serversPath, entryOf, file, projectFolder: isShared ? folderVariable : null }
}

/** Returns the folder in which programs keep the settings of a user. */
function settingsFolder(io: Io): string {
  if (process.platform === 'darwin') return join(io.home, 'Library', 'Application Support')
  if (process.platform === 'win32') return io.env['APPDATA'] ?? join(io.home, 'AppData', 'Roaming')
  return configFolder(io)
}

/** Returns the folder of settings of the XDG specification, which some programs use on every platform. */
function configFolder({ home, env }: Io): string {
  return env['XDG_CONFIG_HOME'] ?? join(home, '.config')
}

function cannot(message: string): CommandError {
  return new CommandError(exitCodes.usage, message)
}
