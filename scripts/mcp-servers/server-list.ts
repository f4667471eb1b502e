import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A server from npm: its package, the program in it, and how it is started without a network. */
export type ListedServer = {
  readonly name: string
  readonly package: string
  /** The program, relative to the package. */
  readonly program: string
  /** The arguments and variables, for a folder of its own that exists. */
  readonly start?: (folder: string) => {
    readonly args?: readonly string[]
    readonly env?: Readonly<Record<string, string>>
  }
  readonly needsChromium?: true
  /** The argument that starts it over HTTP, and the path of its URL. */
  readonly web?: { readonly transport: string; readonly path: string }
}

export const chromium = '/usr/bin/chromium'

const everything: ListedServer = {
  name: 'everything',
  package: '@modelcontextprotocol/server-everything@2026.8.31',
  program: 'dist/index.js',
}

/** The servers with dummy credentials, which are enough to list the tools. */
export const listedServers: readonly ListedServer[] = [
  everything,
  { ...everything, name: 'everything-http', web: { transport: 'streamableHttp', path: 'mcp' } },
  // The entry does not name the transport, so the server is asked over both.
  { ...everything, name: 'everything-sse', web: { transport: 'sse', path: 'sse' } },
  {
    name: 'filesystem',
    package: '@modelcontextprotocol/server-filesystem@2026.8.31',
    program: 'dist/index.js',
    start: (folder) => ({ args: [folder] }),
  },
  {
    name: 'memory',
    package: '@modelcontextprotocol/server-memory@2026.8.31',
    program: 'dist/index.js',
    start: (folder) => ({ env: { MEMORY_FILE_PATH: join(folder, 'memory.jsonl') } }),
  },
  {
    name: 'sequential-thinking',
    package: '@modelcontextprotocol/server-sequential-thinking@2026.8.31',
    program: 'dist/index.js',
  },
  { name: 'context7', package: '@upstash/context7-mcp@4.1.1', program: 'dist/index.js' },
  {
    name: 'notion',
    package: '@notionhq/notion-mcp-server@2.5.2',
    program: 'bin/cli.mjs',
    start: () => ({ env: { NOTION_TOKEN: 'ntn_dummy' } }),
  },
  {
    name: 'sentry',
    package: '@sentry/mcp-server@0.39.0',
    program: 'dist/index.js',
    start: () => ({ env: { SENTRY_ACCESS_TOKEN: 'dummy' } }),
  },
  {
    name: 'mongodb',
    package: 'mongodb-mcp-server@3.0.4',
    program: 'dist/esm/index.js',
    start: (folder) => ({ env: { MDB_MCP_TELEMETRY: 'disabled', MDB_MCP_LOG_PATH: folder } }),
  },
  {
    name: 'figma',
    package: 'figma-developer-mcp@0.13.2',
    program: 'dist/bin.js',
    start: () => ({ args: ['--stdio'], env: { FIGMA_API_KEY: 'dummy' } }),
  },
  {
    name: 'playwright',
    package: '@playwright/mcp@0.0.83',
    program: 'cli.js',
    start: (folder) => ({
      args: ['--headless', '--no-sandbox', '--isolated', '--executable-path', chromium, '--output-dir', folder],
    }),
    needsChromium: true,
  },
  {
    name: 'chrome-devtools',
    package: 'chrome-devtools-mcp@1.11.0',
    program: 'build/src/bin/chrome-devtools-mcp.js',
    start: () => ({
      args: [
        '--headless',
        '--isolated',
        '--executablePath',
        chromium,
        '--chromeArg=--no-sandbox',
        '--no-usage-statistics',
      ],
    }),
    needsChromium: true,
  },
]

/** Every request that leaves this machine fails at once: the port of the proxy is closed. */
const offline = {
  HTTP_PROXY: 'http://127.0.0.1:9',
  HTTPS_PROXY: 'http://127.0.0.1:9',
  NO_PROXY: '127.0.0.1,localhost',
  NODE_USE_ENV_PROXY: '1',
}

/** Writes the configuration file of all servers, as a user would. Each server has a folder of its own, or a URL. */
export function writeConfiguration(installed: string, folder: string, urls: ReadonlyMap<string, string>): string {
  const entries = listedServers.map((server): [string, object] => {
    const url = urls.get(server.name)
    if (url !== undefined) return [server.name, { url }]
    const own = join(folder, server.name)
    mkdirSync(own, { recursive: true })
    const { args = [], env = {} } = server.start?.(own) ?? {}
    const command = { command: process.execPath, args: [programOf(server, installed), ...args] }
    return [server.name, { ...command, env: { ...offline, ...env } }]
  })
  const file = join(folder, 'servers.json')
  writeFileSync(file, JSON.stringify({ mcpServers: Object.fromEntries(entries) }, null, 2))
  return file
}

/** Returns whether all servers are in the folder of installed packages. */
export function areInstalled(installed: string): boolean {
  return listedServers.every((server) => existsSync(programOf(server, installed)))
}

/** Returns the path of the program of a server. */
export function programOf({ package: pinned, program }: ListedServer, installed: string): string {
  return join(installed, 'node_modules', pinned.slice(0, pinned.lastIndexOf('@')), program)
}
