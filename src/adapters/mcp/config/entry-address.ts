import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { isRecord } from '../../../protocol/json.ts'
import { messageOf } from '../../../errors.ts'
import { decodeText } from './config-text.ts'
import { isPath, resolvedPath } from './config-paths.ts'
import { EntryValues } from './entry-values.ts'
import { oauthIn } from './oauth-settings.ts'
import type { McpServerAddress } from './server-config.ts'

type Transport = 'stdio' | 'http' | 'sse'

/** The spellings of transports in clients. */
const transports: Readonly<Record<string, Transport>> = {
  stdio: 'stdio',
  local: 'stdio',
  http: 'http',
  remote: 'http',
  'streamable-http': 'http',
  streamable_http: 'http',
  streamablehttp: 'http',
  sse: 'sse',
}

const urlKeys = ['httpUrl', 'serverUrl', 'url'] as const

/** Reads the connection to a server from its entry. */
export function addressIn(values: EntryValues): McpServerAddress {
  const transport = transportIn(values)
  return transport === 'stdio' ? stdioAddress(values) : httpAddress(values, transport)
}

function transportIn(values: EntryValues): Transport {
  const field = values.has('type') ? 'type' : 'transport'
  const given = values.value(field)
  // Some clients write an empty URL for a server with a command.
  if (given === undefined) return urlKeys.some((key) => isUrl(values, key)) ? 'http' : 'stdio'
  const name = typeof given === 'string' ? given.toLowerCase() : ''
  const transport = Object.hasOwn(transports, name) ? transports[name] : undefined
  if (transport !== undefined) return transport
  return values.fail(
    `server "${values.name}" has the unknown ${field} ${JSON.stringify(given)}; expected stdio, http or sse`,
  )
}

function isUrl(values: EntryValues, key: string): boolean {
  return values.has(key) && !(values.value(key) === '' && values.has('command'))
}

function httpAddress(values: EntryValues, type: 'http' | 'sse'): McpServerAddress {
  const field = urlKeys.find((key) => values.has(key)) ?? 'url'
  const url = values.text(field)
  const headers = { ...values.texts('headers'), ...values.texts('http_headers'), ...headersOfVariables(values) }
  const oauth = oauthIn(values)
  // An unset variable leaves a malformed URL, which is not the reason.
  values.checkVariables()
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) {
    return values.fail(`"${field}" of server "${values.name}" must begin with http:// or https://`)
  }
  return { type, name: values.name, url, headers, ...oauth }
}

/** Returns the headers of Codex whose values are in environment variables. */
function headersOfVariables(values: EntryValues): Record<string, string> {
  if (values.has('bearer_token')) {
    return values.fail(
      `"bearer_token" of server "${values.name}" is not supported; name a variable in "bearer_token_env_var"`,
    )
  }
  const named = Object.entries(values.texts('env_http_headers'))
  const set = named.flatMap(([header, variable]): [string, string][] => {
    const value = values.scope.env[variable]?.trim() ?? ''
    return value === '' ? [] : [[header, value]]
  })
  const bearer = values.optionalText('bearer_token_env_var')
  const authorization: [string, string][] =
    bearer === null ? [] : [['Authorization', `Bearer ${values.variable(bearer, 'bearer_token_env_var')}`]]
  return Object.fromEntries([...set, ...authorization])
}

function stdioAddress(values: EntryValues): McpServerAddress {
  const { name, scope } = values
  const base = scope.workspaceFolder
  const { words, env: envOfCommand } = commandIn(values)
  const folder = values.optionalText('cwd')
  const env = {
    ...forwardedVariables(values),
    ...variablesOfFile(values),
    ...values.texts('environment'),
    ...envOfCommand,
    ...values.texts('env'),
  }
  values.checkVariables()
  const [command = '', ...args] = words
  const cwd = folder === null ? null : resolvedPath(folder, base, scope.env)
  // A relative program is relative to the folder that the server runs in, as in a shell.
  const program = isPath(command) ? resolvedPath(command, cwd ?? base, scope.env) : command
  return { type: 'stdio', name, command: program, args, env, cwd }
}

type Command = { readonly words: readonly string[]; readonly env: Readonly<Record<string, string>> }

/** Returns the command of an entry: a string and `args`, a list (opencode), or an object (Zed). */
function commandIn(values: EntryValues): Command {
  const command = values.value('command')
  if (Array.isArray(command)) {
    if (command.length === 0) return values.fail(`server "${values.name}" requires a string "command"`)
    return { words: [...values.list('command', command), ...values.list('args')], env: {} }
  }
  if (isRecord(command)) {
    const args = command['args'] ?? undefined
    return {
      words: [values.text('command.path', command['path']), ...values.list('command.args', args)],
      env: values.texts('command.env', command['env'] ?? undefined),
    }
  }
  if (command === undefined && (values.value('source') === 'extension' || values.has('settings'))) {
    return values.fail(`server "${values.name}" belongs to an extension of Zed, which only Zed can start`)
  }
  return { words: [values.text('command', command), ...values.list('args')], env: {} }
}

/** Returns the variables of this process that Codex forwards by name. */
function forwardedVariables(values: EntryValues): Record<string, string> {
  const given = values.value('env_vars')
  if (given === undefined) return {}
  if (!Array.isArray(given)) return values.fail(`"env_vars" of server "${values.name}" must be a list of names`)
  const names = given.flatMap((item: unknown): string[] => {
    const { name, source } = isRecord(item) ? item : { name: item, source: 'local' }
    if (typeof name !== 'string') return values.fail(`"env_vars" of server "${values.name}" must be a list of names`)
    // Codex takes the others from another machine.
    return (source ?? 'local') === 'local' ? [name] : []
  })
  return Object.fromEntries(
    names.flatMap((variable): [string, string][] => {
      const value = values.scope.env[variable]
      return value === undefined ? [] : [[variable, value]]
    }),
  )
}

/** Returns the variables of `envFile`. */
function variablesOfFile(values: EntryValues): Readonly<Record<string, string>> {
  const file = values.optionalText('envFile')
  if (file === null) return {}
  values.checkVariables()
  const path = resolvedPath(file, values.scope.workspaceFolder, values.scope.env)
  try {
    const parsed = parseEnv(decodeText(readFileSync(path)))
    return Object.fromEntries(
      Object.entries(parsed).flatMap(([key, value]): [string, string][] => (value === undefined ? [] : [[key, value]])),
    )
  } catch (error) {
    return values.fail(`"envFile" of server "${values.name}" cannot be read: ${messageOf(error)}`)
  }
}
