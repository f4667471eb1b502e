import { isRecord } from '../../../protocol/json.ts'
import { configInvalid } from './config-file.ts'
import type { ClientName } from './config-keys.ts'
import { projectsIn, type ConfigSection } from './config-sections.ts'
import { managedServers } from './managed-servers.ts'
import { toolPatterns } from './tool-patterns.ts'
import type { InvalidMcpServer, McpServerConfig } from './server-config.ts'

/** Patterns of tools, as in `McpServerSettings`. */
export type ToolPatterns = {
  readonly disabledTools: readonly string[]
  readonly askedTools: readonly string[]
  /** Names that apply to all servers. */
  readonly sharedNames: readonly string[]
}

/** The servers that settings outside of the entries leave. */
export type ServerPolicy = {
  /** Returns whether the name of a server is switched off. */
  readonly excludes: (name: string, client: ClientName) => boolean
  /** Returns whether a server can be used. The entry is the one of the file, before its variables are expanded. */
  readonly allows: (server: McpServerConfig | InvalidMcpServer, entry: unknown) => boolean
}

/**
 * Reads the settings that switch off servers: `mcp.allowed`, `mcp.excluded` and `admin.mcp.enabled` of Gemini CLI, `chat.mcp.access`
 * of VS Code, and the lists of disabled, allowed and denied servers of Claude Code.
 *
 * @throws {CodecellError} CONFIG_INVALID when such a setting is unreadable: it must not start every server.
 */
export function serverPolicy(config: unknown, file: string): ServerPolicy {
  const root = isRecord(config) ? config : {}
  const mcp = recordOf(root['mcp'])
  const names = (value: unknown, key: string): readonly string[] | undefined => {
    // opencode can have a server with this name.
    if (value === undefined || value === null || isRecord(value)) return undefined
    if (Array.isArray(value) && value.every((name) => typeof name === 'string')) return value
    throw configInvalid(file, `"${key}" must be a list of names of servers`)
  }
  const allowed = names(mcp['allowed'], 'mcp.allowed') ?? names(root['allowMCPServers'], 'allowMCPServers')
  const excluded = new Set([
    ...(names(mcp['excluded'], 'mcp.excluded') ?? []),
    ...(names(root['excludeMCPServers'], 'excludeMCPServers') ?? []),
    ...['disabledMcpServers', 'disabledMcpjsonServers'].flatMap((key) => [
      ...(names(root[key], key) ?? []),
      ...projectsIn(root, file).flatMap((project) => names(project[key], key) ?? []),
    ]),
  ])
  const off = clientsOff(root)
  return {
    excludes: (name, client) =>
      off.includes(client) || excluded.has(name) || (allowed !== undefined && !allowed.includes(name)),
    allows: managedServers(root, file),
  }
}

/** Returns the clients whose servers are all switched off. */
function clientsOff(root: Readonly<Record<string, unknown>>): readonly ClientName[] {
  const isOffInCode = root['chat.mcp.access'] === 'none' || root['chat.mcp.enabled'] === false
  const isOffInGemini = recordOf(recordOf(root['admin'])['mcp'])['enabled'] === false
  return [...(isOffInCode ? ['vscode' as const] : []), ...(isOffInGemini ? ['gemini' as const] : [])]
}

/** Returns the tools of a server that settings outside of its entry switch off or prompt for. The last rule that fits counts. */
export function policyPatterns(config: unknown, { client }: ConfigSection, server: string): ToolPatterns {
  const rules = isRecord(config) ? (rulesByClient[client]?.(config, server) ?? []) : []
  const patternsOf = (action: Action): readonly string[] => {
    const patterns = rules.map((rule) => (rule.action === action ? rule.tool : `!${rule.tool}`))
    return patterns.some((pattern) => !pattern.startsWith('!')) ? patterns : []
  }
  const sharedNames = rules.flatMap(({ tool, isShared }) => (isShared === true && !isPattern(tool) ? [tool] : []))
  return { disabledTools: patternsOf('deny'), askedTools: patternsOf('ask'), sharedNames }
}

type Action = 'allow' | 'ask' | 'deny'

/** A rule for a tool on its server, or for a pattern of tools. */
type Rule = { readonly tool: string; readonly action: Action; readonly isShared?: boolean }

type RulesOf = (config: Readonly<Record<string, unknown>>, server: string) => readonly Rule[]

const rulesByClient: Readonly<Partial<Record<ConfigSection['client'], RulesOf>>> = {
  opencode: openCodeRules,
  gemini: geminiRules,
  zed: zedRules,
  claude: claudeRules,
}

/** Reads `tools` and `permission`, which comes after. */
function openCodeRules(config: Readonly<Record<string, unknown>>, server: string): readonly Rule[] {
  const { permission } = config
  const tools = Object.entries(recordOf(config['tools'])).map(
    ([pattern, isOn]) => [pattern, isOn === true ? 'allow' : 'deny'] as const,
  )
  const permissions = isRecord(permission)
    ? Object.entries(permission).map(([pattern, rule]) => [pattern, actionOf(rule)] as const)
    : (permission ?? null) === null
      ? []
      : [['*', actionOf(permission)] as const]
  return [...tools, ...permissions].flatMap(([pattern, action]) =>
    toolPatterns(pattern, server.replace(/[^\w-]/g, '_'), '_').map((tool) => ({
      tool,
      action,
      isShared: isPattern(pattern),
    })),
  )
}

/** Returns the action of a permission. An object has actions by arguments, of which the strictest counts. */
function actionOf(rule: unknown): Action {
  if (rule === 'allow' || rule === 'deny') return rule
  return isRecord(rule) && rule['*'] === 'deny' ? 'deny' : 'ask'
}

/** Reads `tools.exclude`, which was `excludeTools`. A name with arguments is one of a shell command. */
function geminiRules(config: Readonly<Record<string, unknown>>, server: string): readonly Rule[] {
  const lists: readonly unknown[] = [config['excludeTools'], recordOf(config['tools'])['exclude']]
  const names = lists.flatMap((list) => (Array.isArray(list) ? list.filter((name) => typeof name === 'string') : []))
  return names
    .filter((name) => !name.includes('('))
    .flatMap((name) => {
      const prefix = [`${server}__`, `mcp_${server}_`].find((candidate) => name.startsWith(candidate)) ?? ''
      return [{ tool: name.slice(prefix.length), action: 'deny', isShared: prefix === '' }]
    })
}

/** Reads `agent.tool_permissions`, where the tools of a server are `mcp:<server>:<tool>`. */
function zedRules(config: Readonly<Record<string, unknown>>, server: string): readonly Rule[] {
  const permissions = recordOf(recordOf(config['agent'])['tool_permissions'])
  const prefix = `mcp:${server}:`
  const own = Object.entries(recordOf(permissions['tools'])).filter(([name]) => name.startsWith(prefix))
  return [
    ...zedAction(permissions['default']).map((action) => ({ tool: '*', action })),
    ...own.flatMap(([name, rule]) => zedAction(rule).map((action) => ({ tool: name.slice(prefix.length), action }))),
  ]
}

/** Returns the action of a permission, none where it is absent. Rules by arguments prompt, because they are not evaluated here. */
function zedAction(rule: unknown): readonly Action[] {
  if (isRecord(rule)) {
    const isByInput = ['always_deny', 'always_confirm'].some((key) => rule[key] !== undefined)
    const actions = zedAction(rule['default'])
    return isByInput && !actions.includes('deny') ? ['ask'] : actions
  }
  switch (rule ?? null) {
    case null:
      return []
    case 'allow':
    case 'deny':
      return [rule === 'allow' ? 'allow' : 'deny']
    default:
      return ['ask']
  }
}

/** Reads `permissions`, where the tools of a server are `mcp__<server>__<tool>`. Arguments after a name are not evaluated here. */
function claudeRules(config: Readonly<Record<string, unknown>>, server: string): readonly Rule[] {
  const permissions = recordOf(config['permissions'])
  const names = [...new Set([server, server.replace(/[^\w-]/g, '_')])]
  return (['ask', 'deny'] as const).flatMap((action) => {
    const given = permissions[action]
    const rules = Array.isArray(given) ? given.filter((rule) => typeof rule === 'string') : []
    return rules.flatMap((rule) =>
      names
        .flatMap((name) => toolPatterns(rule.replace(/\(.*$/s, ''), `mcp__${name}`, '__'))
        .map((tool) => ({ tool, action, isShared: isPattern(rule) })),
    )
  })
}

/** Whether a rule can be about other servers: what is left of it for one server may look like the name of a tool. */
function isPattern(rule: string): boolean {
  return /[*?]/.test(rule)
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {}
}
