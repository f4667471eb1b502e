import { join } from 'node:path'
import { CommandError, exitCodes } from '../exit-codes.ts'
import type { Io } from '../io.ts'

/** Where a client keeps its MCP servers, and in which shape. */
export type ClientFile = {
  /** What people call the client. */
  readonly title: string
  readonly file: string
  readonly format: 'json' | 'toml'
  /** The member, or table, that holds the servers. */
  readonly key: string
  /** Whether an entry says that it is a process. */
  readonly hasType: boolean
  /** How the client writes the folder of the project, in a file that may be shared with others; null: it cannot. */
  readonly projectFolder: string | null
}

export type ClientChoice = { readonly global: boolean; readonly desktop: boolean }

/** The file of a client: in the working folder, or of the whole user. Throws `CommandError` for a client that is not known. */
export function clientFile(name: string, io: Io, { global, desktop }: ClientChoice): ClientFile {
  const { home, env } = io
  const json = { format: 'json', key: 'mcpServers', hasType: false, projectFolder: null } as const
  // Claude Code starts servers in the project's folder; the editors have a variable for it.
  const inProject = (folder: string): Pick<ClientFile, 'projectFolder'> => ({ projectFolder: global ? null : folder })
  if (desktop && name !== 'claude') throw usage(`Cannot use --desktop with "${name}": it is for "claude" only`)
  switch (name) {
    case 'claude': {
      if (desktop) {
        const file = join(settingsFolder(io), 'Claude', 'claude_desktop_config.json')
        return { ...json, title: 'Claude Desktop', file }
      }
      const file = global ? join(home, '.claude.json') : '.mcp.json'
      return { ...json, ...inProject(''), title: 'Claude Code', file, hasType: true }
    }
    case 'cursor': {
      const file = join(global ? home : '', '.cursor', 'mcp.json')
      return { ...json, ...inProject('${workspaceFolder}/'), title: 'Cursor', file }
    }
    case 'vscode': {
      const file = global ? join(settingsFolder(io), 'Code', 'User', 'mcp.json') : join('.vscode', 'mcp.json')
      return { ...json, ...inProject('${workspaceFolder}/'), title: 'VS Code', file, key: 'servers', hasType: true }
    }
    case 'codex': {
      const folder = global ? (env['CODEX_HOME'] ?? join(home, '.codex')) : '.codex'
      const file = join(folder, 'config.toml')
      return { title: 'Codex', file, format: 'toml', key: 'mcp_servers', hasType: false, projectFolder: null }
    }
    default:
      throw usage(`Cannot set up "${name}": unknown client`)
  }
}

/** Where programs keep the settings of a user. */
function settingsFolder({ home, env }: Io): string {
  if (process.platform === 'darwin') return join(home, 'Library', 'Application Support')
  if (process.platform === 'win32') return env['APPDATA'] ?? join(home, 'AppData', 'Roaming')
  return env['XDG_CONFIG_HOME'] ?? join(home, '.config')
}

function usage(message: string): CommandError {
  return new CommandError(exitCodes.usage, `${message}\nSee: codecell help add`)
}
