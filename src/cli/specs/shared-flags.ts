import type { FlagSpec } from './command-spec.ts'

const defaultConfig = '`codecell.json`, `.mcp.json` or `mcp.json`'

export const configFlag: FlagSpec = {
  flag: 'config',
  short: 'c',
  type: 'string',
  value: 'FILE',
  completes: 'file',
  default: defaultConfig,
  help: 'start the MCP servers of FILE ("mcpServers") and read its OpenAPI documents',
}

/** The flags that select the tools of a command. */
export const toolSourceFlags: readonly FlagSpec[] = [
  configFlag,
  {
    flag: 'openapi',
    type: 'string',
    value: '[NAME=]FILE',
    completes: 'file',
    isList: true,
    help: 'offer the operations of an OpenAPI 3 document as tools',
  },
  {
    flag: 'openapi-url',
    type: 'string',
    value: 'URL',
    default: 'the server in the document',
    help: 'send the requests of these operations to URL',
  },
  {
    flag: 'start-timeout',
    type: 'number',
    value: 'MS',
    default: '30000',
    help: 'time out the start of a server after MS, unless its entry has a limit',
  },
  { flag: 'tool-timeout', type: 'number', value: 'MS', default: '300000', help: 'time out a tool call after MS' },
]

/** The flag that selects the engine of hosts. */
export const engineFlag: FlagSpec = {
  flag: 'engine',
  type: 'string',
  choices: ['v8', 'quickjs', 'auto'],
  default: '`auto`: V8 if isolated-vm loads, otherwise QuickJS',
  help: 'run cells on this engine; a stored session keeps the one that it began with',
}

/** The flags that select the calls that need an approval. */
export const approvalFlags = (defaultAsk: string): readonly FlagSpec[] => [
  {
    flag: 'ask',
    type: 'string',
    choices: ['destructive', 'writes', 'none'],
    default: defaultAsk,
    help: 'prompt for calls of tools with such annotations; tools with "approve": "ask" always prompt',
  },
  { flag: 'read-only', type: 'boolean', help: 'deny calls of tools without "readOnlyHint": true' },
]

export const yesFlag = (help: string): FlagSpec => ({ flag: 'yes', short: 'y', type: 'boolean', help })

export const durableFlag = (help: string): FlagSpec => ({
  flag: 'durable',
  type: 'string',
  value: 'DIR',
  completes: 'folder',
  help,
})

/** The flags of certificates. `other` names the other end of the links. */
export const certificateFlags = (other: string): readonly FlagSpec[] => [
  {
    flag: 'tls-cert',
    type: 'string',
    value: 'FILE',
    completes: 'file',
    help: 'use the certificate in FILE (PEM), and the intermediate ones',
  },
  { flag: 'tls-key', type: 'string', value: 'FILE', completes: 'file', help: 'use the private key in FILE (PEM)' },
  {
    flag: 'tls-ca',
    type: 'string',
    value: 'FILE',
    completes: 'file',
    help: `trust ${other} whose certificates the authorities in FILE (PEM) have signed`,
  },
  { flag: 'plain-tcp', type: 'boolean', help: 'use no TLS; on loopback addresses only' },
]

/** The flags that select hosts on other machines. */
export const remoteHostsFlags: readonly FlagSpec[] = [
  {
    flag: 'hosts-at',
    type: 'string',
    value: 'HOST:PORT,…',
    isList: true,
    default: 'hosts on this machine',
    help: 'run cells on the machines of these supervisors, which "codecell hosts" starts',
  },
  ...certificateFlags('supervisors'),
  {
    flag: 'tls-server-name',
    type: 'string',
    value: 'NAME',
    default: 'the host name in --hosts-at',
    help: 'expect certificates of supervisors for NAME',
  },
]

/** The flags of a shared store. `tenantHelp` says what belongs to the tenant. */
export const storeFlags = (
  help: string,
  tenantHelp: string = 'use the sessions of NAME, with --store',
): readonly FlagSpec[] => [
  { flag: 'store', type: 'string', value: 'URL', help },
  {
    flag: 'tenant',
    type: 'string',
    value: 'NAME',
    default: '`default`',
    help: tenantHelp,
  },
]

/** The location of sessions, for commands that need one. */
export const sessionsLocationFlags: readonly FlagSpec[] = [
  durableFlag('read the sessions in DIR'),
  ...storeFlags('read the sessions in a shared store: postgres://… or sqlite:FILE').map((flag) =>
    flag.flag === 'store' ? { ...flag, default: '`CODECELL_STORE`' } : flag,
  ),
]

/** The flags of a recording. */
export const traceFlags = (help: string): readonly FlagSpec[] => [
  { flag: 'trace', type: 'string', value: 'DIR', completes: 'folder', help },
  {
    flag: 'trace-schema',
    type: 'string',
    choices: ['2', '3'],
    default: '3',
    help: 'format of the bundle, with --trace; Codex reads 3 since version 0.171, and 2 before',
  },
]

export const jsonFlag = (help = 'print one JSON object per line'): FlagSpec => ({ flag: 'json', type: 'boolean', help })

/** The flags that select an entry in the configuration of a client. */
export const clientFlags: readonly FlagSpec[] = [
  {
    flag: 'global',
    short: 'g',
    type: 'boolean',
    default: 'the file of the project in the working folder, if the client has one',
    help: "use the user's file, for all projects",
  },
  { flag: 'desktop', type: 'boolean', help: 'use Claude Desktop instead of Claude Code' },
  { flag: 'name', type: 'string', value: 'NAME', default: '`codecell`', help: 'name of the entry' },
]

export const clientNames = ['claude', 'cursor', 'vscode', 'codex', 'gemini', 'windsurf', 'zed', 'opencode'] as const
