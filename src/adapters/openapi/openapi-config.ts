import { isAbsolute, join } from 'node:path'
import { CodecellError } from '../../errors.ts'
import { isRecord } from '../../protocol/json.ts'
import type { Tool } from '../../tools/tool.ts'
import { configInvalid, readConfigFile, workspaceFolderOf } from '../mcp/config/config-file.ts'
import { expandVariables, type VariableScope } from '../mcp/config/expand-variables.ts'
import { loadOpenApi } from './load-openapi.ts'
import { parseOperations, type OpenApiOperations } from './effects/operation-settings.ts'
import { authInConfig } from './security/config-auth.ts'
import type { OpenApiAuth } from './security/credentials.ts'
import type { OpenApiOptions } from './openapi-tools.ts'
import { adviceFor, checkOptions } from '../../options/check-options.ts'

/** An entry of `openapi` in a configuration file. */
export type OpenApiConfig = { readonly file: string; readonly options: OpenApiOptions }

export type OpenApiConfigOptions = {
  /**
   * The values of variables.
   *
   * @default the environment of this process
   */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Receives the error of each entry that cannot be used, which is skipped. Without it the first such error is thrown. */
  readonly onInvalid?: (error: CodecellError) => void
}

const fields = [
  'file',
  'baseUrl',
  'headers',
  'query',
  'include',
  'server',
  'serverVariables',
  'documentUrl',
  'results',
  'auth',
  'operations',
] as const

/**
 * Parses the entries of `openapi` in a configuration file: `{ "<name>": { "file", "baseUrl", "headers", … } }`.
 * `include` lists operation ids, or prefixes with a `*` at the end. File names are relative to the folder of the configuration.
 *
 * @throws {CodecellError} CONFIG_INVALID with the entry and the expectation, unless `onInvalid` receives it.
 */
export async function loadOpenApiConfig(
  file: string,
  options: OpenApiConfigOptions = {},
): Promise<readonly OpenApiConfig[]> {
  checkOptions<OpenApiConfigOptions>('loadOpenApiConfig', options, { env: 'any', onInvalid: 'function' })
  const { env = process.env, onInvalid } = options
  const config = await readConfigFile(file)
  const entries = isRecord(config) ? config['openapi'] : undefined
  if (entries === undefined) return []
  const report = (error: unknown): readonly OpenApiConfig[] => {
    if (onInvalid === undefined || !CodecellError.is(error, 'CONFIG_INVALID')) throw error
    onInvalid(error)
    return []
  }
  if (!isRecord(entries)) {
    return report(configInvalid(file, '"openapi" must be an object with one entry for each document'))
  }
  const scope = { env, workspaceFolder: workspaceFolderOf(file) }
  return Object.entries(entries).flatMap(([name, entry]) => {
    if (entry === null) return []
    try {
      return [new EntryReader(file, name, scope).read(entry)]
    } catch (error) {
      return report(error)
    }
  })
}

/**
 * Loads the tools of all documents of a configuration file, in order.
 *
 * @throws {CodecellError} the first error of `loadOpenApi`, unless `onInvalid` receives them.
 */
export async function openApiToolsOf(
  configs: readonly OpenApiConfig[],
  options: Pick<OpenApiConfigOptions, 'onInvalid'> = {},
): Promise<readonly Tool[]> {
  checkOptions<Pick<OpenApiConfigOptions, 'onInvalid'>>('openApiToolsOf', options, { onInvalid: 'function' })
  const results = await Promise.allSettled(configs.map(({ file, options: own }) => loadOpenApi(file, own)))
  return results.flatMap((result) => {
    if (result.status === 'fulfilled') return result.value
    const error: unknown = result.reason
    if (options.onInvalid === undefined || !(error instanceof CodecellError)) throw error
    options.onInvalid(error)
    return []
  })
}

class EntryReader {
  readonly #file: string
  readonly #name: string
  readonly #scope: VariableScope

  constructor(file: string, name: string, scope: VariableScope) {
    this.#file = file
    this.#name = name
    this.#scope = scope
  }

  read(entry: unknown): OpenApiConfig {
    if (!isRecord(entry)) throw this.#invalid('must be an object')
    for (const key of Object.keys(entry)) {
      if (!fields.some((field) => field === key)) {
        const advice = adviceFor(key, fields)
        const text = `has the unknown key "${key}"; expected ${fields.join(', ')}`
        throw this.#invalid(advice === '' ? text : `${text}; ${advice}`)
      }
    }
    const { file, baseUrl, server, serverVariables, documentUrl, headers, query, auth, operations, include, results } =
      entry
    const path = this.#text('file', file)
    return {
      file: isAbsolute(path) ? path : join(this.#scope.workspaceFolder, path),
      options: {
        name: this.#name,
        ...(baseUrl === undefined ? {} : { baseUrl: this.#text('baseUrl', baseUrl) }),
        ...(server === undefined ? {} : { server: typeof server === 'number' ? server : this.#text('server', server) }),
        ...(serverVariables === undefined ? {} : { serverVariables: this.#texts('serverVariables', serverVariables) }),
        ...(documentUrl === undefined ? {} : { documentUrl: this.#text('documentUrl', documentUrl) }),
        headers: this.#texts('headers', headers),
        query: this.#texts('query', query),
        ...(auth === undefined ? {} : { auth: this.#auth(auth) }),
        ...(operations === undefined ? {} : { operations: this.#operations(operations) }),
        ...(include === undefined ? {} : { include: this.#filter(include) }),
        ...(results === undefined ? {} : { results: this.#results(results) }),
      },
    }
  }

  #text(field: string, value: unknown): string {
    if (typeof value !== 'string' || value === '') throw this.#invalid(`requires a string "${field}"`)
    const { text, missing } = expandVariables(value, this.#scope)
    if (missing.length > 0) {
      throw this.#invalid(`has variables without a value in "${field}": ${missing.join(', ')}; set them`)
    }
    return text
  }

  #texts(field: string, value: unknown): Record<string, string> {
    if (value === undefined) return {}
    if (!isRecord(value)) throw this.#invalid(`requires an object of strings "${field}"`)
    return Object.fromEntries(
      Object.entries(value).map(([key, text]) => [key, this.#text(`${field}.${key}`, text)] as const),
    )
  }

  #auth(value: unknown): OpenApiAuth {
    return authInConfig(value, {
      text: (path, text) => this.#text(path, text),
      folder: this.#scope.workspaceFolder,
      fail: (reason) => this.#fail(reason),
    })
  }

  #operations(value: unknown): OpenApiOperations {
    return parseOperations(value, (reason) => this.#fail(`cannot use "operations": ${reason}`))
  }

  #results(value: unknown): 'body' | 'response' {
    if (value === 'body' || value === 'response') return value
    throw this.#invalid('requires "results" to be one of body, response')
  }

  #filter(value: unknown): NonNullable<OpenApiOptions['include']> {
    if (!Array.isArray(value)) throw this.#invalid('requires a list of strings "include"')
    const patterns = value.map((pattern: unknown, index) => this.#text(`include[${index}]`, pattern))
    return ({ id }) =>
      patterns.some((pattern) => (pattern.endsWith('*') ? id.startsWith(pattern.slice(0, -1)) : id === pattern))
  }

  #fail(what: string): never {
    throw this.#invalid(what)
  }

  #invalid(what: string): CodecellError {
    return configInvalid(this.#file, `OpenAPI document "${this.#name}" ${what}`)
  }
}
