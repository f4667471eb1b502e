import type { OAuthClientProvider } from '@modelcontextprotocol/client'
import { checkOptions, type OptionNames } from '../../../options/check-options.ts'
import { checkOAuthSettings, type McpOAuthSettings } from './oauth-settings.ts'
import { toolSettingNames, type ServerToolSettings } from './tool-settings.ts'

/** The connection to an MCP server, and the settings of its tools. */
export type McpServerConfig = McpServerAddress & McpServerSettings

export type McpServerAddress =
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
      /** A header `Authorization` has priority over every login. */
      readonly headers: Readonly<Record<string, string>>
      /**
       * How codecell logs in; false leaves a refused request to the caller.
       *
       * @default everything is discovered
       */
      readonly oauth?: McpOAuthSettings | false
      /** The tokens of the program that uses codecell, instead of a login with `codecell login`. */
      readonly authProvider?: OAuthClientProvider
    }

export type McpServerSettings = {
  readonly toolSettings?: ServerToolSettings
  /**
   * Timeout for the server to start and list its tools, in milliseconds.
   *
   * @default `startTimeoutMs` of `connectMcpServers`
   */
  readonly startTimeoutMs?: number | null
  /**
   * Timeout of a call in milliseconds.
   *
   * @default `toolTimeoutMs` of `connectMcpServers`
   */
  readonly toolTimeoutMs?: number | null
  /**
   * The only tools that are offered: names on the server, or patterns with `*`.
   *
   * @default all tools
   */
  readonly enabledTools?: readonly string[] | null
  /** Tools that are not offered, also when `enabledTools` has them: names or patterns. The last pattern that fits decides; `!` reverts. */
  readonly disabledTools?: readonly string[]
  /** Tools whose calls need an approval, unless `toolSettings` says otherwise: names or patterns, as in `disabledTools`. */
  readonly askedTools?: readonly string[]
  /** Names in these lists that apply to all servers. The others are reported when the server has no such tool. */
  readonly sharedNames?: readonly string[]
}

/** A server that a configuration file switches off. `connectMcpServers` shows its state and never starts it. */
export type DisabledMcpServer = {
  readonly type: 'disabled'
  readonly name: string
  /** How the file switches it off. */
  readonly reason: string
}

/** An entry of a configuration file that cannot be used. `connectMcpServers` reports it as a failure. */
export type InvalidMcpServer = {
  readonly type: 'invalid'
  readonly name: string
  /** The reason, with the name of the key and the expectation. */
  readonly reason: string
}

type StdioConfig = Extract<McpServerConfig, { readonly type: 'stdio' }>
export type HttpServerConfig = Extract<McpServerConfig, { readonly type: 'http' | 'sse' }>

const settingNames: OptionNames<McpServerSettings> = {
  toolSettings: 'any',
  startTimeoutMs: 'any',
  toolTimeoutMs: 'any',
  enabledTools: 'any',
  disabledTools: 'any',
  askedTools: 'any',
  sharedNames: 'any',
}

const stdioNames: OptionNames<StdioConfig> = {
  type: 'any',
  name: 'any',
  command: 'any',
  args: 'any',
  env: 'any',
  cwd: 'any',
  ...settingNames,
}

const httpNames: OptionNames<HttpServerConfig> = {
  type: ['http', 'sse'],
  name: 'any',
  url: 'any',
  headers: 'any',
  oauth: 'any',
  authProvider: 'any',
  ...settingNames,
}

/** @throws {CodecellError} INVALID_OPTION when a server in code has an unknown member. */
export function checkServer(server: McpServerConfig): void {
  if (server.type === 'stdio') checkOptions('an MCP server', server, stdioNames)
  else {
    checkOptions('an MCP server', server, httpNames)
    checkOAuthSettings(server.oauth)
  }
  for (const [name, settings] of server.toolSettings ?? []) {
    checkOptions(`the settings of tool ${JSON.stringify(name)}`, settings, toolSettingNames)
  }
}
