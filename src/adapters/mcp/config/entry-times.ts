import { isRecord } from '../../../protocol/json.ts'
import type { ClientName } from './config-keys.ts'
import type { EntryValues } from './entry-values.ts'
import type { McpServerSettings } from './server-config.ts'

type Times = Pick<McpServerSettings, 'startTimeoutMs' | 'toolTimeoutMs'>

/** The longest `timeout` of Cline in seconds; a larger number is in milliseconds, as in clients with the same keys. */
const maxClineSeconds = 3600

/** The shortest `timeout` in milliseconds: Claude Code ignores shorter ones. */
const minTimeoutMs = 1000

/** Reads the time limits of an entry: those of codecell, then those of the client. */
export function timesIn(values: EntryValues, client: ClientName, onWarning: (text: string) => void): Times {
  const timeout = clientTimeout(values, client, onWarning)
  const startTimeoutMs =
    values.time('startTimeoutMs', 1) ??
    values.time('startup_timeout_sec', 1000) ??
    values.time('startup_timeout_ms', 1) ??
    timeout.startTimeoutMs
  const toolTimeoutMs =
    values.time('toolTimeoutMs', 1) ?? values.time('tool_timeout_sec', 1000) ?? timeout.toolTimeoutMs
  return {
    ...(startTimeoutMs === undefined ? {} : { startTimeoutMs }),
    ...(toolTimeoutMs === undefined ? {} : { toolTimeoutMs }),
  }
}

/** Returns the limit in `timeout`, whose unit and meaning depend on the client. */
function clientTimeout(
  values: EntryValues,
  client: ClientName,
  onWarning: (text: string) => void,
): { readonly startTimeoutMs?: number | undefined; readonly toolTimeoutMs?: number | undefined } {
  const command = values.value('command')
  // Zed can have it in the object of the command.
  const given = values.value('timeout') ?? (isRecord(command) ? (command['timeout'] ?? undefined) : undefined)
  if (given === undefined) return {}
  if (typeof given !== 'number' || !(given > 0)) {
    onWarning(`server "${values.name}": "timeout" is not read, because it is not a number more than 0`)
    return {}
  }
  if (client === 'codex') {
    onWarning(`server "${values.name}": "timeout" is not read, because Codex has "tool_timeout_sec" instead`)
    return {}
  }
  if (client === 'opencode') return { startTimeoutMs: values.time('timeout', 1, given) }
  if (client === 'zed') return { toolTimeoutMs: values.time('timeout', 1000, given) }
  if (client === 'cline') return { toolTimeoutMs: values.time('timeout', given <= maxClineSeconds ? 1000 : 1, given) }
  if (given >= minTimeoutMs) return { toolTimeoutMs: values.time('timeout', 1, given) }
  onWarning(
    `server "${values.name}": "timeout" is not read, because it is in milliseconds and less than ${minTimeoutMs}`,
  )
  return {}
}
