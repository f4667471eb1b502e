import type { McpServerSettings } from './server-config.ts'
import { escapePattern } from '../../../text/escape-pattern.ts'

/** Returns whether the configuration of a server offers the tool. */
export function offersTool({ enabledTools, disabledTools = [] }: McpServerSettings, tool: string): boolean {
  const isEnabled = enabledTools === undefined || enabledTools === null || fits(enabledTools, tool)
  return isEnabled && !fits(disabledTools, tool)
}

/** Returns whether calls of the tool need an approval unless the settings of the tool say otherwise. */
export function asksForTool({ askedTools = [] }: McpServerSettings, tool: string): boolean {
  return fits(askedTools, tool)
}

type ListName = 'enabledTools' | 'disabledTools' | 'askedTools'

/** Returns the names in the lists of a server that none of its tools has, with their lists. Patterns can fit no tool. */
export function unknownToolNames(
  { enabledTools, disabledTools = [], askedTools = [], sharedNames = [] }: McpServerSettings,
  tools: readonly string[],
): readonly (readonly [ListName, string])[] {
  const lists: readonly (readonly [ListName, readonly string[]])[] = [
    ['enabledTools', enabledTools ?? []],
    ['disabledTools', disabledTools],
    ['askedTools', askedTools],
  ]
  return lists.flatMap(([list, patterns]) => {
    const names = patterns.map((pattern) => pattern.replace(/^!/, '')).filter((name) => !/[*?]/.test(name))
    const unknown = names.filter((name) => !sharedNames.includes(name) && !tools.some((tool) => matches(name, tool)))
    return [...new Set(unknown)].map((name) => [list, name] as const)
  })
}

/** Returns whether the last pattern that fits the name is one without `!`. */
function fits(patterns: readonly string[], name: string): boolean {
  const last = patterns.findLast((pattern) => matches(pattern.replace(/^!/, ''), name))
  return last !== undefined && !last.startsWith('!')
}

const wildcards: Readonly<Record<string, string>> = { '*': '.*', '?': '.' }

/** Returns whether a pattern with `*` and `?` fits a name, or its form in clients that replace other characters by `_`. */
function matches(pattern: string, name: string): boolean {
  if (pattern === name) return true
  const source = pattern.replace(/[*?]|[^*?]+/g, (part) => wildcards[part] ?? escapePattern(part))
  const expression = new RegExp(`^${source}$`, 's')
  return expression.test(name) || expression.test(name.replace(/[^\w-]/g, '_'))
}
