import { isRecord } from '../../../protocol/json.ts'
import { disabledToolsKeys, enabledToolsKeys } from './config-keys.ts'
import type { EntryValues } from './entry-values.ts'
import type { McpServerSettings } from './server-config.ts'

/** Returns whether an entry is switched off. An unreadable switch is an error, so that the server stays off. */
export function isDisabled(values: EntryValues): boolean {
  return values.flag('disabled') === true || values.flag('enabled') === false || values.flag('isActive') === false
}

/** Returns whether an entry that is not read yet is switched off, or null, which overrides one of another file. */
export function isOff(entry: unknown): boolean {
  if (entry === null) return true
  if (!isRecord(entry)) return false
  return entry['disabled'] === true || entry['enabled'] === false || entry['isActive'] === false
}

/** Reads the settings of an entry that offer fewer tools or prompt for their calls. */
export function restrictionsIn(values: EntryValues): McpServerSettings {
  if (values.flag('sandboxEnabled') === true) {
    values.fail(
      `server "${values.name}" asks for a sandbox ("sandboxEnabled"), which is not available here; remove the key to start it without one`,
    )
  }
  const ofTools = toolsObject(values)
  const lists = enabledToolsKeys
    .filter((key) => key !== 'tools' || Array.isArray(values.value('tools')))
    .flatMap((key) => {
      const names = values.names(key)
      return names === undefined ? [] : [names.map(toolName)]
    })
  const enabled = lists.length === 0 ? undefined : commonNames(lists)
  const disabled = [...disabledToolsKeys.flatMap((key) => values.names(key) ?? []).map(toolName), ...ofTools.disabled]
  const asked = [...askedByDefault(values), ...ofTools.asked]
  return {
    ...(enabled === undefined ? {} : { enabledTools: enabled }),
    ...(disabled.length === 0 ? {} : { disabledTools: disabled }),
    ...(asked.length === 0 ? {} : { askedTools: asked }),
  }
}

/** Returns the names that are in all lists. `*` stands for every name. */
function commonNames(lists: readonly (readonly string[])[]): readonly string[] {
  return lists.reduce((one, other) => {
    if (other.includes('*')) return one
    return one.includes('*') ? other : one.filter((name) => other.includes(name))
  })
}

/** Gemini CLI writes arguments after the name of a tool. */
function toolName(name: string): string {
  return name.replace(/\(.*$/s, '')
}

type ToolRestrictions = { readonly disabled: readonly string[]; readonly asked: readonly string[] }

/** Reads an object `tools` with one entry for each tool, as in Codex. */
function toolsObject(values: EntryValues): ToolRestrictions {
  const tools = values.value('tools')
  if (tools === undefined || Array.isArray(tools)) return { disabled: [], asked: [] }
  if (!isRecord(tools)) return { disabled: values.names('tools') ?? [], asked: [] }
  const disabled: string[] = []
  const asked: string[] = []
  for (const [name, tool] of Object.entries(tools)) {
    if (tool === true || tool === null) continue
    const { enabled, disabled: off, approval_mode: mode } = isRecord(tool) ? tool : { enabled: false }
    // Anything but a clear "on" is off.
    if ((enabled ?? true) !== true || (off ?? false) !== false) disabled.push(name)
    if (isPrompting(values, mode, `tools.${name}.approval_mode`)) asked.push(name)
  }
  return { disabled, asked }
}

function askedByDefault(values: EntryValues): readonly string[] {
  const key = 'default_tools_approval_mode'
  return isPrompting(values, values.value(key), key) ? ['*'] : []
}

/** Returns whether a mode of Codex prompts. `approve` does not, but approves nothing here either. */
function isPrompting(values: EntryValues, mode: unknown, field: string): boolean {
  switch (mode ?? 'auto') {
    case 'auto':
    case 'approve':
      return false
    case 'prompt':
      return true
    default:
      return values.fail(`"${field}" of server "${values.name}" must be "auto", "prompt" or "approve"`)
  }
}
