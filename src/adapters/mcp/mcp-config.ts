import { callListener } from '../../session/common/call-listener.ts'
import { configInvalid, readConfigFile, workspaceFolderOf } from './config-file.ts'
import { expandVariables, type VariableScope } from './expand-variables.ts'
import { parseToolSettings, toolSettingNames, type ServerToolSettings } from './tool-settings.ts'
import { checkOptions, type OptionNames } from '../../options/check-options.ts'
import { isNear } from '../../options/nearest-names.ts'

/** The connection to an MCP server, and the settings of its tools. */
export type McpServerConfig = McpServerAddress & {
  readonly toolSettings?: ServerToolSettings
  /**
   * Timeout for the server to start and list its tools, in milliseconds. Null or absent: the option of `connectMcpServers`.
   */
  readonly startTimeoutMs?: number | null
}

type McpServerAddress =
  | {
      readonly type: 'stdio'
      readonly name: string
      readonly command: string
      readonly args: readonly string[]
      readonly env: Readonly<Record<string, string>>
      readonly cwd: string | null
    }
  | {
      readonly type: 'http' | 'sse'
      readonly name: string
      readonly url: string
      readonly headers: Readonly<Record<string, string>>
    }

type StdioConfig = Extract<McpServerConfig, { readonly type: 'stdio' }>
type HttpConfig = Extract<McpServerConfig, { readonly type: 'http' | 'sse' }>

const stdioNames: OptionNames<StdioConfig> = {
  type: 'any',
  name: 'any',
  command: 'any',
  args: 'any',
  env: 'any',
  cwd: 'any',
  toolSettings: 'any',
  startTimeoutMs: 'any',
}

const httpNames: OptionNames<HttpConfig> = {
  type: ['http', 'sse'],
  name: 'any',
  url: 'any',
  headers: 'any',
  toolSettings: 'any',
  startTimeoutMs: 'any',
}

/** @throws {CodecellError} INVALID_OPTION when a server in code has an unknown member. */
export function checkServer(server: McpServerConfig): void {
  if (server.type === 'stdio') checkOptions('an MCP server', server, stdioNames)
  else checkOptions('an MCP server', server, httpNames)
  for (const [name, settings] of server.toolSettings ?? []) {
    checkOptions(`the settings of tool ${JSON.stringify(name)}`, settings, toolSettingNames)
  }
}

export type McpConfigOptions = {
  /**
   * The values of variables.
   *
   * @default the environment of this process
   */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Receives warnings about unknown keys, which are usually misspelled. */
  readonly onWarning?: (text: string) => void
}

/** The keys of a server's entry. Those after `codecell` belong to clients and are ignored. */
const knownKeys: ReadonlySet<string> = new Set(
  (
    'type transport command args env cwd url headers disabled codecell name description envFile dev gallery version ' +
    'timeout alwaysAllow autoApprove disabledTools enabledTools tools oauth auth sandbox sandboxEnabled trust icon'
  ).split(' '),
)

/** Keys that decide about tools. A similar key is an error; other unknown keys are warnings. */
const deciding = ['codecell', 'disabled'] as const

/**
 * Parses the `mcpServers` (in VS Code `servers`) of a configuration file: JSON with comments. Servers with `disabled: true` are
 * skipped.
 *
 * @throws {CodecellError} CONFIG_INVALID with the location and the expectation, or with all variables without a value.
 */
export async function loadMcpConfig(file: string, options: McpConfigOptions = {}): Promise<readonly McpServerConfig[]> {
  checkOptions<McpConfigOptions>('loadMcpConfig', options, { env: 'any', onWarning: 'function' })
  const { env = process.env, onWarning } = options
  const config = await readConfigFile(file)
  return new ConfigReader(file, { env, workspaceFolder: workspaceFolderOf(file) }, (text) =>
    callListener('onWarning', () => onWarning?.(text)),
  ).read(config)
}

class ConfigReader {
  readonly #file: string
  readonly #scope: VariableScope
  readonly #onWarning: (text: string) => void
  readonly #missing: string[] = []

  constructor(file: string, scope: VariableScope, onWarning: (text: string) => void) {
    this.#file = file
    this.#scope = scope
    this.#onWarning = onWarning
  }

  read(config: unknown): readonly McpServerConfig[] {
    const servers = isObject(config) ? (config['mcpServers'] ?? config['servers']) : undefined
    // A file can have only OpenAPI documents.
    if (servers === undefined && isObject(config) && config['openapi'] !== undefined) return []
    if (!isObject(servers)) {
      throw configInvalid(this.#file, 'expected an object "mcpServers" (or "servers") with one entry for each server')
    }
    const enabled = Object.entries(servers).filter(([, server]) => !(isObject(server) && server['disabled'] === true))
    const result = enabled.map(([name, server]) => this.#server(name, server))
    if (this.#missing.length > 0) throw configInvalid(this.#file, this.#missingText())
    return result
  }

  #missingText(): string {
    const advice = 'set them, or write ${NAME:-default}'
    const inputAdvice = this.#missing.some((text) => text.startsWith('"input:'))
      ? '; inputs are not supported here, so use ${NAME} instead'
      : ''
    return `variables without a value: ${this.#missing.join(', ')}; ${advice}${inputAdvice}`
  }

  #server(name: string, server: unknown): McpServerConfig {
    if (!isObject(server)) throw configInvalid(this.#file, `server "${name}" must be an object`)
    const unknown = Object.keys(server).filter((key) => !knownKeys.has(key))
    const misspelled = unknown.flatMap((key) =>
      deciding.filter((known) => isNear(key, known, 2)).map((known) => [key, known]),
    )
    for (const [key, known] of misspelled) {
      throw configInvalid(this.#file, `server "${name}" has the unknown key "${key}"; did you mean "${known}"?`)
    }
    if (unknown.length > 0) {
      const keys = unknown.map((key) => JSON.stringify(key)).join(', ')
      this.#onWarning(`${this.#file}: server "${name}" has unknown keys: ${keys}`)
    }
    const address = this.#address(name, server)
    if (server['codecell'] === undefined) return address
    const fail = (text: string): never => {
      throw configInvalid(this.#file, `${text} (server "${name}")`)
    }
    return { ...address, toolSettings: parseToolSettings(server['codecell'], fail) }
  }

  #address(name: string, server: Record<string, unknown>): McpServerAddress {
    const type = server['type'] ?? server['transport']
    if (server['url'] !== undefined || type === 'http' || type === 'sse' || type === 'streamable-http') {
      const url = this.#url(name, server['url'])
      return {
        type: type === 'sse' ? 'sse' : 'http',
        name,
        url,
        headers: this.#texts(name, 'headers', server['headers']),
      }
    }
    if (type !== undefined && type !== 'stdio') {
      throw configInvalid(
        this.#file,
        `server "${name}" has the unknown type ${JSON.stringify(type)}; expected stdio, http or sse`,
      )
    }
    return {
      type: 'stdio',
      name,
      command: this.#text(name, 'command', server['command']),
      args: this.#list(name, 'args', server['args']),
      env: this.#texts(name, 'env', server['env']),
      cwd: server['cwd'] === undefined ? null : this.#text(name, 'cwd', server['cwd']),
    }
  }

  #url(name: string, value: unknown): string {
    const url = this.#text(name, 'url', value)
    if (this.#missing.length === 0 && !/^https?:\/\//.test(url)) {
      throw configInvalid(this.#file, `"url" of server "${name}" must begin with http:// or https://`)
    }
    return url
  }

  #text(name: string, field: string, value: unknown): string {
    if (typeof value !== 'string' || value === '') {
      throw configInvalid(this.#file, `server "${name}" requires a string "${field}"`)
    }
    const { text, missing } = expandVariables(value, this.#scope)
    this.#missing.push(...missing.map((variable) => `"${variable}" (${field} of server "${name}")`))
    return text
  }

  #list(name: string, field: string, value: unknown): string[] {
    if (value === undefined) return []
    if (!Array.isArray(value))
      throw configInvalid(this.#file, `"${field}" of server "${name}" must be a list of strings`)
    return value.map((element: unknown, index) =>
      element === '' ? '' : this.#text(name, `${field}[${index}]`, element),
    )
  }

  #texts(name: string, field: string, value: unknown): Record<string, string> {
    if (value === undefined) return {}
    if (!isObject(value)) throw configInvalid(this.#file, `"${field}" of server "${name}" must be an object of strings`)
    const entries = Object.entries(value).map(([key, text]): [string, string] => [
      key,
      typeof text === 'number' || typeof text === 'boolean' || text === ''
        ? String(text)
        : this.#text(name, `${field}.${key}`, text),
    ])
    return Object.fromEntries(entries)
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
