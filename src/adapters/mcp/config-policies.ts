import { isRecord } from '../../protocol/json.ts'
import { configInvalid } from './config-file.ts'
import { projectsIn, type ConfigSection } from './config-sections.ts'

/** Patterns of tools, as in `McpServerSettings`. */
export type ToolPatterns = { readonly disabledTools: readonly string[]; readonly askedTools: readonly string[] }

/**
 * Returns the servers that settings outside of the entries switch off: `mcp.allowed` and `mcp.excluded` of Gemini CLI, and the lists
 * of disabled servers of Claude Code.
 *
 * @throws {CodecellError} CONFIG_INVALID when such a setting is unreadable: it must not start every server.
 */
export function excludedServers(config: unknown, file: string): (name: string) => boolean {
  const root = isRecord(config) ? config : {}
  const mcp = isRecord(root['mcp']) ? root['mcp'] : {}
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
  return (name) => excluded.has(name) || (allowed !== undefined && !allowed.includes(name))
}

/** Returns the patterns of a server's tools in the settings `tools` and `permission` of opencode, where the last rule that fits counts. */
export function openCodePatterns(config: unknown, { client }: ConfigSection, server: string): ToolPatterns {
  if (client !== 'opencode' || !isRecord(config)) return { disabledTools: [], askedTools: [] }
  const tools = isRecord(config['tools']) ? Object.entries(config['tools']) : []
  const { permission } = config
  const rules = isRecord(permission)
    ? Object.entries(permission)
    : given(permission).map((rule) => ['*', rule] as const)
  const disabled: string[] = []
  const asked: string[] = []
  for (const [pattern, isOn] of tools) {
    for (const own of toolPatterns(pattern, server)) disabled.push(isOn === true ? `!${own}` : own)
  }
  for (const [pattern, rule] of rules) {
    const action = actionOf(rule)
    for (const own of toolPatterns(pattern, server)) {
      disabled.push(action === 'deny' ? own : `!${own}`)
      asked.push(action === 'ask' ? own : `!${own}`)
    }
  }
  return {
    disabledTools: disabled.some((pattern) => !pattern.startsWith('!')) ? disabled : [],
    askedTools: asked.some((pattern) => !pattern.startsWith('!')) ? asked : [],
  }
}

function given(value: unknown): readonly unknown[] {
  return value === undefined || value === null ? [] : [value]
}

/** Returns the action of a permission. An object has actions by arguments, of which the strictest counts. */
function actionOf(rule: unknown): 'allow' | 'ask' | 'deny' {
  if (rule === 'allow') return 'allow'
  if (rule === 'deny') return 'deny'
  const all = isRecord(rule) ? rule['*'] : undefined
  return all === 'deny' ? 'deny' : 'ask'
}

/** Returns the patterns of tools of a server for a pattern of opencode, whose tools are `<server>_<tool>`. */
function toolPatterns(pattern: string, server: string): readonly string[] {
  const prefix = `${server.replace(/[^\w-]/g, '_')}_`
  if (pattern.startsWith(prefix)) return [pattern.slice(prefix.length)]
  const star = pattern.indexOf('*')
  if (star === -1 || !prefix.startsWith(pattern.slice(0, star))) return []
  const end = pattern.slice(star + 1)
  // The star can end within the name of the server, or in the name of the tool.
  return end === '' ? ['*'] : [`*${end}`, ...(end.startsWith('_') ? [end.slice(1)] : [])]
}
