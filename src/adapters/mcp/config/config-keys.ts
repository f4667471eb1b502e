import { adviceFor } from '../../../options/check-options.ts'
import { isNear, nearestNames } from '../../../options/nearest-names.ts'
import { isRecord } from '../../../protocol/json.ts'
import { oauthKeys } from './oauth-settings.ts'

/** The clients whose configuration files are read. Files of other clients are read as those of `claude`. */
export type ClientName = 'claude' | 'cursor' | 'windsurf' | 'gemini' | 'cline' | 'vscode' | 'zed' | 'opencode' | 'codex'

/** Lists of the only tools that are offered, in the spelling of each client. */
export const enabledToolsKeys: readonly string[] = words(
  'enabledTools enabled_tools includeTools include_tools includedTools allowedTools allowed_tools tools',
)

/** Lists of tools that are not offered. */
export const disabledToolsKeys: readonly string[] = words(
  'disabledTools disabled_tools excludeTools exclude_tools excludedTools excluded_tools blockedTools deniedTools',
)

/** Keys that approve calls without a prompt in a client. Approvals are set in `codecell` instead. */
export const approvingKeys: readonly string[] = words('autoApprove alwaysAllow trust autoApproveTools')

/** Keys that decide about servers and tools. A similar key makes the entry invalid; other unknown keys are warnings. */
const decidingKeys = [
  ...words('codecell disabled enabled isActive sandboxEnabled'),
  ...enabledToolsKeys,
  ...disabledToolsKeys,
  'default_tools_approval_mode',
]

/** Keys that every client's entries can have. */
const commonKeys = [
  ...decidingKeys,
  ...approvingKeys,
  ...words('type transport transportType command args env environment envFile cwd url serverUrl httpUrl headers'),
  ...words('startTimeoutMs toolTimeoutMs timeout'),
  // Descriptions, which have no effect.
  ...words('$schema name title label description icon icons iconUrl version metadata'),
]

/** Keys of clients for `mcpServers`, which many clients share. */
const sharedKeys = [
  ...words('oauth auth headersHelper alwaysLoad'),
  ...words('gallery dev sandbox'),
  ...words('authProviderType targetAudience targetServiceAccount extension extensionName tcp'),
  ...words('disabledReason remoteConfigured watchPaths registry'),
]

const keysByClient: Readonly<Record<ClientName, readonly string[]>> = {
  claude: sharedKeys,
  cursor: sharedKeys,
  windsurf: sharedKeys,
  gemini: sharedKeys,
  cline: sharedKeys,
  vscode: words('gallery dev sandbox oauth'),
  zed: words('source settings remote oauth'),
  opencode: words('oauth'),
  codex: [
    ...words('http_headers env_http_headers bearer_token_env_var bearer_token env_vars'),
    ...words('startup_timeout_sec startup_timeout_ms tool_timeout_sec'),
    ...words(
      'required supports_parallel_tool_calls scopes oauth oauth_resource experimental_environment environment_id',
    ),
  ],
}

/** Returns the keys of an entry that its client does not have. */
export function unknownKeysOf(entry: Readonly<Record<string, unknown>>, client: ClientName): readonly string[] {
  const known = knownKeys(client)
  const tools = isRecord(entry['tools']) ? Object.entries(entry['tools']) : []
  return [
    ...Object.keys(entry).filter((key) => !known.includes(key)),
    ...unknownMembers('command', entry['command'], commandKeys),
    ...unknownMembers('oauth', entry['oauth'], oauthKeys),
    ...unknownMembers('auth', entry['auth'], oauthKeys),
    ...tools.flatMap(([name, tool]) => unknownMembers(`tools.${name}`, tool, toolKeys)),
  ]
}

/** The keys of an object `command` of Zed, and of a tool of Codex. */
const commandKeys = words('path args env timeout')
const toolKeys = words('approval_mode enabled disabled description')

function unknownMembers(path: string, value: unknown, known: readonly string[]): readonly string[] {
  if (!isRecord(value)) return []
  return Object.keys(value).flatMap((key) => (known.includes(key) ? [] : [`${path}.${key}`]))
}

/** Returns the keys that can stand where a key stands. */
function siblingsOf(key: string, client: ClientName): readonly string[] {
  if (key.startsWith('command.')) return commandKeys
  if (/^(oauth|auth)\./.test(key)) return oauthKeys
  return key.startsWith('tools.') ? toolKeys : knownKeys(client)
}

/** Returns a key without the path before it. */
function lastPart(key: string): string {
  return /^(command|tools|oauth|auth)\./.test(key) ? key.slice(key.lastIndexOf('.') + 1) : key
}

/** Returns the key that decides about servers or tools and is probably meant, undefined where no such key is similar. */
export function decidingKeyNear(key: string, client: ClientName): string | undefined {
  const deciding = siblingsOf(key, client).filter((known) => known === 'approval_mode' || decidingKeys.includes(known))
  const near = deciding.find((known) => isNear(lastPart(key), known, known === 'tools' ? 1 : 2))
  if (near !== undefined) return near
  // Finds words in another order: `toolsDisabled`. The short `tools` is near too many words.
  const lists = [...enabledToolsKeys, ...disabledToolsKeys].filter((known) => known !== 'tools')
  return nearestNames(lastPart(key), lists, 1)[0]
}

/** Returns an unknown key with the nearest known one. */
export function unknownKeyText(key: string, client: ClientName): string {
  const advice = adviceFor(lastPart(key), siblingsOf(key, client))
  return advice === '' ? JSON.stringify(key) : `${JSON.stringify(key)} (${advice})`
}

function knownKeys(client: ClientName): readonly string[] {
  return [...commonKeys, ...keysByClient[client]]
}

function words(text: string): readonly string[] {
  return text.split(' ')
}
