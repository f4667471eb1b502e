import type { McpServerSettings } from './server-config.ts'

/** Returns whether the configuration of a server offers the tool. */
export function offersTool({ enabledTools, disabledTools = [] }: McpServerSettings, tool: string): boolean {
  const isEnabled = enabledTools === undefined || enabledTools === null || fits(enabledTools, tool)
  return isEnabled && !fits(disabledTools, tool)
}

/** Returns whether calls of the tool need an approval unless the settings of the tool say otherwise. */
export function asksForTool({ askedTools = [] }: McpServerSettings, tool: string): boolean {
  return fits(askedTools, tool)
}

/** Returns whether the last pattern that fits the name is one without `!`. */
function fits(patterns: readonly string[], name: string): boolean {
  const last = patterns.findLast((pattern) => matches(pattern.replace(/^!/, ''), name))
  return last !== undefined && !last.startsWith('!')
}

/** Returns whether a pattern with `*` fits a name, or its form in clients that replace other characters by `_`. */
function matches(pattern: string, name: string): boolean {
  if (pattern === name) return true
  const source = pattern
    .split('*')
    .map((part) => RegExp.escape(part))
    .join('.*')
  const expression = new RegExp(`^${source}$`, 's')
  return expression.test(name) || expression.test(name.replace(/[^\w-]/g, '_'))
}
