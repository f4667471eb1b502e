import { callListener } from '../../../session/common/call-listener.ts'
import { isRecord } from '../../../protocol/json.ts'
import { checkOptions } from '../../../options/check-options.ts'
import { configInvalid, readConfigFile, workspaceFolderOf } from './config-file.ts'
import { approvingKeys, decidingKeyNear, unknownKeysOf, unknownKeyText, type ClientName } from './config-keys.ts'
import { policyPatterns, serverPolicy, type ToolPatterns } from './config-policies.ts'
import { misspelledRootKeys, sectionsOf } from './config-sections.ts'
import { addressIn } from './entry-address.ts'
import { isDisabled, isOff, restrictionsIn } from './entry-restrictions.ts'
import { timesIn } from './entry-times.ts'
import { EntryError, EntryValues, missingText } from './entry-values.ts'
import type { VariableForm, VariableScope } from './expand-variables.ts'
import type { DisabledMcpServer, InvalidMcpServer, McpServerConfig, McpServerSettings } from './server-config.ts'
import { parseToolSettings } from './tool-settings.ts'

export { checkServer, type DisabledMcpServer, type InvalidMcpServer, type McpServerConfig } from './server-config.ts'

export type McpConfigOptions = {
  /**
   * The values of variables.
   *
   * @default the environment of this process
   */
  readonly env?: Readonly<Record<string, string | undefined>>
  /**
   * Receives warnings about keys without an effect: unknown ones, which are usually misspelled, keys of the other transport, keys that
   * occur twice, and keys that approve calls in a client.
   */
  readonly onWarning?: (text: string) => void
}

const variableForms: Readonly<Partial<Record<ClientName, VariableForm>>> = {
  gemini: 'dollar',
  opencode: 'curly',
  codex: 'none',
  zed: 'none',
}

/** A server of a configuration file. */
export type LoadedMcpServer = McpServerConfig | InvalidMcpServer | DisabledMcpServer

/**
 * Reads the MCP servers of a configuration file of Claude Code, Claude Desktop, Cursor, VS Code, Windsurf, Gemini CLI, Cline, Zed,
 * opencode or Codex (TOML). A server that the file switches off has the type `disabled`, an entry that cannot be used the type
 * `invalid`. `connectMcpServers` takes both.
 *
 * @throws {CodecellError} CONFIG_INVALID when the file is unreadable, or when it has entries and none can be used.
 */
export async function loadMcpConfig(file: string, options: McpConfigOptions = {}): Promise<readonly LoadedMcpServer[]> {
  checkOptions<McpConfigOptions>('loadMcpConfig', options, { env: 'any', onWarning: 'function' })
  const { env = process.env, onWarning } = options
  const warn = (text: string): void => callListener('onWarning', () => onWarning?.(`${file}: ${text}`))
  const config = await readConfigFile(file, warn)
  return new ConfigReader(file, { env, workspaceFolder: workspaceFolderOf(file) }, warn).read(config)
}

class ConfigReader {
  readonly #file: string
  readonly #scope: VariableScope
  readonly #warn: (text: string) => void
  readonly #errors: EntryError[] = []

  constructor(file: string, scope: VariableScope, warn: (text: string) => void) {
    this.#file = file
    this.#scope = scope
    this.#warn = warn
  }

  read(config: unknown): readonly LoadedMcpServer[] {
    for (const [key, meant] of misspelledRootKeys(config)) {
      this.#warn(`unknown key ${JSON.stringify(key)} (did you mean "${meant}"?)`)
    }
    const sections = sectionsOf(config, this.#file, this.#warn)
    const policy = serverPolicy(config, this.#file)
    const off = new Set(
      sections.flatMap(({ entries }) => entries.flatMap(([name, entry]) => (isOff(entry) ? [name] : []))),
    )
    const seen = new Set<string>()
    const servers = sections.flatMap((section) =>
      section.entries.flatMap(([name, entry]) => {
        if (seen.has(name)) {
          this.#warn(`server "${name}" occurs twice; the first one is used`)
          return []
        }
        seen.add(name)
        if (entry === null) return []
        // Also a server that only another client of the file switches off.
        if (policy.excludes(name, section.client) || (off.has(name) && !isOff(entry))) {
          this.#reportUnread(name, entry, section.client)
          return [switchedOff(name, 'a setting outside of its entry')]
        }
        const server = this.#entry(name, entry, section.client, policyPatterns(config, section, name))
        if (server.type === 'disabled' || policy.allows(server, entry)) return [server]
        return [switchedOff(name, 'a setting outside of its entry')]
      }),
    )
    const hasOthers = isRecord(config) && config['openapi'] !== undefined
    const enabled = servers.filter(({ type }) => type !== 'disabled')
    if (enabled.length > 0 && !hasOthers && enabled.every(({ type }) => type === 'invalid')) throw this.#invalid()
    return servers
  }

  /** Returns the error for a file without a usable entry. Variables without a value are listed once. */
  #invalid(): Error {
    const missing = this.#errors.flatMap((error) => error.missing)
    const reasons = this.#errors.filter((error) => error.missing.length === 0).map(({ message }) => message)
    return configInvalid(this.#file, [...reasons, ...(missing.length === 0 ? [] : [missingText(missing)])].join('; '))
  }

  #entry(name: string, entry: unknown, client: ClientName, patterns: ToolPatterns): LoadedMcpServer {
    try {
      if (!isRecord(entry)) {
        const expected = entry === undefined ? 'an object with a "name"' : 'an object'
        throw new EntryError(`server "${name}" must be ${expected}`)
      }
      return this.#server(new EntryValues(name, entry, this.#scopeOf(client)), entry, client, patterns)
    } catch (error) {
      if (!(error instanceof EntryError)) throw error
      this.#errors.push(error)
      return { type: 'invalid', name, reason: `${error.message} (in ${this.#file})` }
    }
  }

  #server(
    values: EntryValues,
    entry: Readonly<Record<string, unknown>>,
    client: ClientName,
    patterns: ToolPatterns,
  ): McpServerConfig | DisabledMcpServer {
    const unknown = unknownKeysOf(entry, client)
    if (isDisabled(values)) {
      this.#reportUnknown(values.name, unknown, client)
      return switchedOff(values.name, 'its entry')
    }
    for (const key of unknown) {
      const meant = decidingKeyNear(key, client)
      if (meant !== undefined) {
        values.fail(`server "${values.name}" has the unknown key "${key}"; did you mean "${meant}"?`)
      }
    }
    this.#reportUnknown(values.name, unknown, client)
    this.#reportApproving(values)
    const settings = settingsIn(values, client, patterns, this.#warn)
    return { ...addressIn(values, this.#warn), ...settings }
  }

  /** Reports the unknown keys of an entry that is not used. */
  #reportUnread(name: string, entry: unknown, client: ClientName): void {
    if (isRecord(entry)) this.#reportUnknown(name, unknownKeysOf(entry, client), client)
  }

  #reportUnknown(name: string, unknown: readonly string[], client: ClientName): void {
    if (unknown.length === 0) return
    this.#warn(`server "${name}" has unknown keys: ${unknown.map((key) => unknownKeyText(key, client)).join(', ')}`)
  }

  /** A key that approves calls in a client approves none here, which users must know. */
  #reportApproving(values: EntryValues): void {
    const approving = approvingKeys.filter((key) => isApproving(values.value(key)))
    if (approving.length === 0) return
    const keys = approving.map((key) => JSON.stringify(key)).join(', ')
    this.#warn(`server "${values.name}": ${keys} approves no calls here; use "approve" of "codecell"`)
  }

  #scopeOf(client: ClientName): VariableScope {
    return { ...this.#scope, form: variableForms[client] ?? 'braces' }
  }
}

function switchedOff(name: string, by: string): DisabledMcpServer {
  return { type: 'disabled', name, reason: `${by} switches it off` }
}

function isApproving(value: unknown): boolean {
  return value === true || (Array.isArray(value) && value.length > 0)
}

function settingsIn(
  values: EntryValues,
  client: ClientName,
  patterns: ToolPatterns,
  onWarning: (text: string) => void,
): McpServerSettings {
  const { disabledTools = [], askedTools = [], ...restrictions } = restrictionsIn(values)
  // The last pattern decides: a rule for all servers must not offer a tool that the entry switches off.
  const disabled = [...patterns.disabledTools, ...disabledTools]
  const asked = [...patterns.askedTools, ...askedTools]
  const codecell = values.value('codecell')
  const fail = (text: string): never => values.fail(`${text} (server "${values.name}")`)
  return {
    ...restrictions,
    ...(disabled.length === 0 ? {} : { disabledTools: disabled }),
    ...(asked.length === 0 ? {} : { askedTools: asked }),
    ...(patterns.sharedNames.length === 0 ? {} : { sharedNames: patterns.sharedNames }),
    ...timesIn(values, client, onWarning),
    ...(codecell === undefined ? {} : { toolSettings: parseToolSettings(codecell, fail) }),
  }
}
