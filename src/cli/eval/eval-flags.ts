import { usageError, type CommandLine } from '../common/command-line.ts'
import type { Io } from '../common/io.ts'
import { modes, type Mode } from './agent/tool-runner.ts'
import { apiNames, defaultBaseUrls, type ApiName, type EndpointOptions } from './models/endpoint.ts'
import type { EvalSettings } from './runs/eval-settings.ts'

/** The selected endpoint, and the name of the variable with its key. */
export type ChosenEndpoint = { readonly endpoint: EndpointOptions; readonly keyVariable: string | null }

/** Returns the settings that the flags select. Throws a `CommandError` for wrong flags. */
export function settingsOf(line: CommandLine, { api, baseUrl }: EndpointOptions): EvalSettings {
  const model = demanded(line, 'model', 'NAME')
  const seed = line.number('seed') ?? null
  if (seed !== null && api !== 'openai-chat')
    throw usageError(line.spec, `Cannot use --seed: the API ${api} has no seeds`)
  const execForm = line.text('exec-form') === 'custom' ? 'custom' : 'function'
  if (execForm === 'custom' && api !== 'openai-responses') {
    throw usageError(line.spec, 'Cannot use --exec-form custom: expected --api openai-responses')
  }
  return {
    model,
    api,
    baseUrl: `${baseUrl.origin}${baseUrl.pathname.replace(/\/+$/, '')}`,
    limits: {
      maxTurns: positive(line, 'max-turns', 100),
      maxTokens: positive(line, 'max-tokens', 1_000_000),
      maxSeconds: positive(line, 'max-seconds', 600),
    },
    maxOutputTokens: line.has('max-output-tokens') ? positive(line, 'max-output-tokens', 1) : null,
    seed,
    execForm,
    params: paramsOf(line),
  }
}

/** Returns the modes of `--mode`, in the order of reports. */
export function modesOf(line: CommandLine): readonly Mode[] {
  const given = (line.text('mode') ?? modes.join(',')).split(',').map((name) => name.trim())
  const wrong = given.find((name) => !modes.some((mode) => mode === name))
  if (wrong !== undefined)
    throw usageError(line.spec, `Cannot use --mode: expected ${modes.join(', ')} or both, got "${wrong}"`)
  return modes.filter((mode) => given.includes(mode))
}

/** Returns the endpoint. The key is read from the environment here, and nowhere else. */
export function endpointOf(line: CommandLine, env: Io['env']): ChosenEndpoint {
  const given = demanded(line, 'api', apiNames.join('|'))
  const api: ApiName = apiNames.find((name) => name === given) ?? 'openai-chat'
  const baseUrl = baseUrlOf(line, api)
  const keyVariable = line.text('key-env') ?? null
  const key = keyVariable === null ? null : (env[keyVariable] ?? '')
  if (keyVariable === null && !line.has('base-url')) {
    throw usageError(line.spec, `Cannot use ${baseUrl.host}: expected --key-env NAME, the variable with the key`)
  }
  if (key === '') throw usageError(line.spec, `Cannot use --key-env: the variable ${keyVariable} is not set`)
  // A header with other characters would be an error that shows the key.
  if (key !== null && !/^[\x21-\x7e]+$/.test(key)) {
    throw usageError(line.spec, `Cannot use --key-env: expected printable ASCII without spaces in ${keyVariable}`)
  }
  if (key !== null && baseUrl.protocol === 'http:' && !isLoopback(baseUrl)) {
    throw usageError(line.spec, `Cannot send a key to ${baseUrl.host}: expected https, or an address of this machine`)
  }
  const keyHeader = line.text('key-header') ?? null
  if (keyHeader !== null && (key === null || !/^[\w-]+$/.test(keyHeader))) {
    throw usageError(line.spec, 'Cannot use --key-header: expected --key-env, and the name of a header')
  }
  const maxRetries = line.number('retries') ?? 6
  return { endpoint: { api, baseUrl, key, keyHeader, maxRetries }, keyVariable }
}

/** Returns the value of a number flag from 1. */
export function positive(line: CommandLine, flag: string, standard: number): number {
  const value = line.number(flag) ?? standard
  if (value >= 1 && Number.isSafeInteger(value)) return value
  throw usageError(line.spec, `Cannot use --${flag}: expected an integer from 1, got ${value}`)
}

/** Returns the value of a flag that the command needs unless it only lists tasks. */
export function demanded(line: CommandLine, flag: string, value: string): string {
  const text = line.text(flag)
  if (text !== undefined && text !== '') return text
  throw usageError(line.spec, `Cannot run "codecell eval": expected --${flag} ${value}`)
}

function baseUrlOf(line: CommandLine, api: ApiName): URL {
  const text = line.text('base-url') ?? defaultBaseUrls[api]
  const url = URL.parse(text)
  const isUsable = url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === ''
  // The URL can contain a password.
  if (!isUsable) throw usageError(line.spec, 'Cannot use --base-url: expected http://… or https://… without a user')
  return url
}

function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d+){3}$/.test(hostname)
}

/** Members that the evaluation itself sets. */
const ownMembers: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'input',
  'tools',
  'system',
  'instructions',
  'stream',
])

function paramsOf(line: CommandLine): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    line.list('param').map((param): [string, unknown] => {
      const [, name = '', json = ''] = /^([\w.-]+)=(.*)$/s.exec(param) ?? []
      if (ownMembers.has(name))
        throw usageError(line.spec, `Cannot use --param ${name}: the evaluation sets this member`)
      try {
        return [name, JSON.parse(json)]
      } catch {
        throw usageError(
          line.spec,
          `Cannot use --param: expected NAME=JSON, got "${param.slice(0, 80)}"; write a string as NAME='"text"'`,
        )
      }
    }),
  )
}
