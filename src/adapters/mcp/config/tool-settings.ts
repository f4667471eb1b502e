import { isRecord } from '../../../protocol/json.ts'
import { parseRevertSetting, type RevertSetting } from './revert-setting.ts'
import type { ApprovalPolicy, Tool, ToolCaller } from '../../../tools/tool.ts'
import { adviceFor, type OptionNames } from '../../../options/check-options.ts'

/** The settings of a tool of a server in a configuration file. */
type ToolSettings = Pick<Tool, 'allowedCallers' | 'deferred' | 'idempotent'> & {
  readonly needsApproval?: ApprovalPolicy
  readonly revert?: RevertSetting
}

/** By the tool's name on its server. */
export type ServerToolSettings = ReadonlyMap<string, ToolSettings>

export const toolSettingNames: OptionNames<ToolSettings> = {
  allowedCallers: 'any',
  deferred: 'boolean',
  idempotent: 'boolean',
  needsApproval: ['allow', 'ask', 'deny'],
  revert: 'any',
}

const callers: readonly ToolCaller[] = ['direct', 'code']

/**
 * Parses `"codecell": { "tools": { "<name>": { "callers", "deferred", "approve", "idempotent", "revert" } } }` of a server's entry. `fail` throws an
 * error with the invalid key and the expectation.
 */
export function parseToolSettings(value: unknown, fail: (text: string) => never): ServerToolSettings {
  const entry = members(value, 'codecell', ['tools'], fail)
  const tools = entry['tools'] === undefined ? {} : members(entry['tools'], 'codecell.tools', null, fail)
  return new Map(Object.entries(tools).map(([name, tool]) => [name, settingsOf(tool, `codecell.tools.${name}`, fail)]))
}

function settingsOf(value: unknown, path: string, fail: (text: string) => never): ToolSettings {
  const tool = members(value, path, ['callers', 'deferred', 'approve', 'idempotent', 'revert'], fail)
  const deferred = flag(tool['deferred'], `${path}.deferred`, fail)
  const needsApproval = policyOf(tool['approve'], `${path}.approve`, fail)
  const idempotent = flag(tool['idempotent'], `${path}.idempotent`, fail)
  const revert = tool['revert'] === undefined ? undefined : parseRevertSetting(tool['revert'], `${path}.revert`, fail)
  const allowedCallers = callersOf(tool['callers'], `${path}.callers`, fail)
  return {
    ...(allowedCallers === undefined ? {} : { allowedCallers }),
    ...(deferred === undefined ? {} : { deferred }),
    ...(needsApproval === undefined ? {} : { needsApproval }),
    ...(idempotent === undefined ? {} : { idempotent }),
    ...(revert === undefined ? {} : { revert }),
  }
}

function callersOf(value: unknown, path: string, fail: (text: string) => never): readonly ToolCaller[] | undefined {
  if (value === undefined) return undefined
  const given = callers.filter((caller) => Array.isArray(value) && value.includes(caller))
  if (Array.isArray(value) && given.length === value.length) return given
  return fail(`"${path}" must be a list of "direct" and "code"`)
}

/** `true` and `false` are aliases of `ask` and `allow`. */
function policyOf(value: unknown, path: string, fail: (text: string) => never): ApprovalPolicy | undefined {
  switch (value) {
    case undefined:
    case 'allow':
    case 'ask':
    case 'deny':
      return value
    case true:
      return 'ask'
    case false:
      return 'allow'
    default:
      return fail(`"${path}" must be "allow", "ask" or "deny"`)
  }
}

function flag(value: unknown, path: string, fail: (text: string) => never): boolean | undefined {
  return value === undefined || typeof value === 'boolean' ? value : fail(`"${path}" must be true or false`)
}

function members(
  value: unknown,
  path: string,
  known: readonly string[] | null,
  fail: (text: string) => never,
): Readonly<Record<string, unknown>> {
  if (!isRecord(value)) return fail(`"${path}" must be an object`)
  const unknown = known === null ? undefined : Object.keys(value).find((key) => !known.includes(key))
  if (unknown === undefined) return value
  const advice = adviceFor(unknown, known ?? [])
  const text = `"${path}" has the unknown key ${JSON.stringify(unknown)}; expected ${(known ?? []).join(', ')}`
  return fail(advice === '' ? text : `${text}; ${advice}`)
}
