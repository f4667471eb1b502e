import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { isRecord } from '../../../protocol/json.ts'
import { messageOf } from '../../../errors.ts'
import { decodeText } from './config-text.ts'
import { isPath, resolvedPath } from './config-paths.ts'
import { commandIn } from './entry-command.ts'
import type { EntryValues } from './entry-values.ts'
import { variableIn } from './expand-variables.ts'
import { oauthIn } from './oauth-settings.ts'
import type { McpServerAddress } from './server-config.ts'
import { unusableValue } from './unusable-value.ts'

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

/** The spellings of the key for the transport in clients. */
const transportKeys = ['type', 'transport', 'transportType'] as const

/** The keys that only servers of one kind have. */
const stdioKeys = ['command', 'args', 'env', 'environment', 'env_vars', 'envFile', 'cwd'] as const
const httpKeys = [
  ...urlKeys,
  'headers',
  'http_headers',
  'env_http_headers',
  'bearer_token',
  'bearer_token_env_var',
] as const

/** Reads the connection to a server from its entry. `onWarning` receives the keys that such a server does not have. */
export function addressIn(values: EntryValues, onWarning: (text: string) => void): McpServerAddress {
  const transport = transportIn(values)
  const isStdio = transport === 'stdio'
  const unused = (isStdio ? httpKeys : stdioKeys).filter((key) => !isEmpty(values.value(key)))
  if (unused.length > 0) {
    const kind = isStdio ? 'started by its command' : 'reached at its URL'
    const keys = unused.map((key) => JSON.stringify(key)).join(', ')
    onWarning(`server "${values.name}" is ${kind}, so these keys are not read: ${keys}`)
  }
  const address = isStdio ? stdioAddress(values) : httpAddress(values, transport)
  const problem = unusableValue(address)
  return problem === null ? address : values.fail(problem)
}

/** Some clients write every key, with an empty value where it has no meaning. */
function isEmpty(value: unknown): boolean {
  if (value === undefined || value === '') return true
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

function transportIn(values: EntryValues): Transport {
  const field = transportKeys.find((key) => !isEmpty(values.value(key)))
  // Some clients write an empty URL for a server with a command.
  if (field === undefined) return urlKeys.some((key) => isUrl(values, key)) ? 'http' : 'stdio'
  const given = values.value(field)
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
  const given = urlKeys.filter((key) => values.has(key))
  const field = given.find((key) => values.value(key) !== '') ?? given[0] ?? 'url'
  const url = values.text(field).trim()
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
    const value = variableIn(values.scope, variable)?.trim() ?? ''
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
  const folder = values.optionalText('cwd')
  const cwd = folder === null ? null : resolvedPath(folder, base, scope.env)
  const { words, env: envOfCommand } = commandIn(values, cwd ?? base)
  const env = {
    ...forwardedVariables(values),
    ...variablesOfFile(values),
    ...values.texts('environment'),
    ...envOfCommand,
    ...values.texts('env'),
  }
  values.checkVariables()
  const [command = '', ...args] = words
  if (command === '') return values.fail(`server "${name}" requires a string "command"`)
  // A relative program is relative to the folder that the server runs in, as in a shell.
  const program = isPath(command) ? resolvedPath(command, cwd ?? base, scope.env) : command
  return { type: 'stdio', name, command: program, args, env, cwd }
}

/** Returns the variables of this process that Codex forwards by name. */
function forwardedVariables(values: EntryValues): Record<string, string> {
  const given = values.value('env_vars')
  if (given === undefined) return {}
  if (!Array.isArray(given)) return values.fail(`"env_vars" of server "${values.name}" must be a list of names`)
  const names = given.flatMap((item: unknown): string[] => {
    const { name, source } = isRecord(item) ? item : { name: item, source: 'local' }
    if (typeof name !== 'string') return values.fail(`"env_vars" of server "${values.name}" must be a list of names`)
    if ((source ?? 'local') === 'local') return [name]
    // Codex takes such variables from another machine.
    return values.fail(
      `the variable "${name}" in "env_vars" of server "${values.name}" has the source ${JSON.stringify(source)}; only "local" is supported here`,
    )
  })
  return Object.fromEntries(
    names.flatMap((variable): [string, string][] => {
      const value = variableIn(values.scope, variable)
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
