import { setTimeout as delay } from 'node:timers/promises'
import {
  Client,
  ProtocolError,
  SdkError,
  SdkHttpError,
  SSEClientTransport,
  StreamableHTTPClientTransport,
  type JsonSchemaValidator,
  type jsonSchemaValidator,
  type Transport,
} from '@modelcontextprotocol/client'
import { CodecellError, messageOf } from '../../errors.ts'
import { packageVersion } from '../../installation/package-version.ts'
import { isGatewayStatus, isUnreached } from '../../tools/unknown-outcome.ts'
import type { JsonSchema } from '../../tools/schema/standard-schema.ts'
import type { RevertedCall, Tool, ToolCallContext } from '../../tools/tool.ts'
import type { McpServerConfig } from './mcp-config.ts'
import { listMcpTools, type ListedTool } from './mcp-tool-list.ts'
import { filledTemplate, type RevertSetting } from './revert-setting.ts'
import { StdioServer } from './stdio-server.ts'
import { adviceFor } from '../../options/check-options.ts'

/** Timeout for closing a connection in milliseconds. Killing a process takes longer. */
const endMs = 2000

/** Timeout for listing tools after a change, in milliseconds. */
const listAgainMs = 30_000

/** Time within which several changes count as one, in milliseconds. */
const changeQuietMs = 50

/** Maximum length of a server's instructions, in characters. */
const maxInstructions = 4096

/** A connection to an MCP server, from its start to its end. */
export class McpConnection implements AsyncDisposable {
  readonly name: string
  readonly #server: McpServerConfig
  readonly #toolTimeoutMs: number
  readonly #client: Client
  #transport: Transport | null = null
  #tools: readonly Tool[] = []
  #listed: readonly ListedTool[] = []
  readonly #onToolsChanged: () => void
  #isListing = false
  #isStale = false

  constructor(
    server: McpServerConfig,
    { toolTimeoutMs, onToolsChanged }: { toolTimeoutMs: number; onToolsChanged: () => void },
  ) {
    this.#onToolsChanged = onToolsChanged
    this.name = server.name
    this.#server = server
    this.#toolTimeoutMs = toolTimeoutMs
    this.#client = new Client(
      { name: 'codecell', version: packageVersion },
      {
        // Probing for the newer protocol starts a stdio server twice; over HTTP it costs one request.
        versionNegotiation: { mode: server.type === 'stdio' ? 'legacy' : 'auto' },
        jsonSchemaValidator: acceptAnything,
        listChanged: {
          tools: { autoRefresh: false, debounceMs: changeQuietMs, onChanged: () => void this.#listAgain() },
        },
      },
    )
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the client has no other interface
    this.#client.onerror = () => undefined
  }

  get tools(): readonly Tool[] {
    return this.#tools
  }

  /**
   * Connects and lists the tools.
   *
   * @throws {CodecellError} SERVER_START_FAILED with the end of the server's standard error.
   */
  async start({ timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal | null }): Promise<void> {
    const timeout = AbortSignal.timeout(timeoutMs)
    const stop = AbortSignal.any(signal === null ? [timeout] : [timeout, signal])
    const stopped = Promise.withResolvers<never>()
    stopped.promise.catch(() => undefined)
    stop.addEventListener('abort', () => {
      const reason = timeout.aborted ? `it did not start within ${timeoutMs} ms` : 'it was canceled'
      stopped.reject(new CodecellError('SERVER_START_FAILED', reason))
    })
    try {
      await Promise.race([this.#connect(timeoutMs), stopped.promise])
    } catch (cause) {
      const said = this.#transport instanceof StdioServer ? this.#transport.said : ''
      const text = said === '' ? messageOf(cause) : `${messageOf(cause)}; its standard error:\n${said}`
      throw new CodecellError('SERVER_START_FAILED', text, { cause })
    }
  }

  async #connect(timeout: number): Promise<void> {
    this.#transport = this.#makeTransport()
    await this.#client.connect(this.#transport, { timeout })
    this.#tools = await this.#list(timeout)
    this.#checkSettings()
  }

  /** Refuses settings of unknown tools: a policy would be ignored. */
  #checkSettings(): void {
    const names = this.#listed.map(({ name }) => name)
    for (const wanted of this.#server.toolSettings?.keys() ?? []) {
      if (names.includes(wanted)) continue
      const advice = adviceFor(wanted, names)
      const text = `the configuration has settings for tool "${wanted}", which the server does not have`
      throw new TypeError(advice === '' ? text : `${text}; ${advice}`)
    }
  }

  async #list(timeout: number): Promise<readonly Tool[]> {
    const tools = await listMcpTools(this.#client, { timeout })
    this.#listed = tools
    const instructions = this.#client.getInstructions()
    return tools.map((tool) => ({
      name: tool.name,
      namespace: `mcp__${this.name}`,
      server: this.name,
      ...(instructions === undefined ? {} : { namespaceDescription: instructions.slice(0, maxInstructions) }),
      kind: 'function',
      description: tool.description,
      inputSchema: tool.inputSchema,
      outputSchema: resultSchema(tool.outputSchema),
      annotations: tool.annotations,
      ...this.#settingsOf(tool.name),
      call: (input, context) => this.#call(tool, input, context),
    }))
  }

  #settingsOf(name: string): Partial<Tool> {
    const { revert, ...settings } = this.#server.toolSettings?.get(name) ?? {}
    if (revert === undefined) return settings
    return { ...settings, revert: (call, { signal }) => this.#revert(revert, call, signal) }
  }

  async #revert(setting: RevertSetting, call: RevertedCall, signal: AbortSignal): Promise<void> {
    const tool = this.#listed.find(({ name }) => name === setting.tool)
    if (tool === undefined) {
      throw new TypeError(`MCP server "${this.name}" has no tool "${setting.tool}", which would revert the call`)
    }
    const input = filledTemplate(setting.input, call)
    const result = await this.#call(tool, input, { signal, key: `${call.key}/revert` })
    if (!isArguments(result) || result['isError'] !== true) return
    throw new TypeError(
      `tool \`${tool.name}\` did not revert the call: ${JSON.stringify(result['content']).slice(0, 1000)}`,
    )
  }

  /** Lists the tools again, once for all changes during a listing. An invalid list leaves the tools unchanged. */
  async #listAgain(): Promise<void> {
    this.#isStale = true
    if (this.#isListing) return
    this.#isListing = true
    try {
      while (this.#isStale) {
        this.#isStale = false
        this.#tools = await this.#list(listAgainMs)
      }
      this.#onToolsChanged()
    } catch {
      // The notification does not say what changed: the current tools can still be called.
    } finally {
      this.#isListing = false
    }
  }

  #makeTransport(): Transport {
    const server = this.#server
    if (server.type === 'stdio') return new StdioServer(server)
    const options = { requestInit: { headers: { ...server.headers } } }
    return server.type === 'sse'
      ? new SSEClientTransport(new URL(server.url), options)
      : new StreamableHTTPClientTransport(new URL(server.url), options)
  }

  async #call(
    tool: ListedTool,
    input: unknown,
    { signal, key }: Pick<ToolCallContext, 'signal' | 'key'>,
  ): Promise<unknown> {
    try {
      // A cell keeps its tools from its start, but the server can have removed one.
      if (!this.#tools.some(({ name }) => name === tool.name)) throw new ToolGone('the server has removed it')
      const result = await this.#client.callTool(
        // A server that supports the key can detect a call that is repeated after a crash.
        { name: tool.name, arguments: isArguments(input) ? input : {}, _meta: { 'codecell/idempotencyKey': key } },
        {
          signal,
          timeout: this.#toolTimeoutMs,
          // A server reports progress, which extends the timeout, only when the client requests it.
          resetTimeoutOnProgress: true,
          onprogress: () => undefined,
          // A tool whose results do not match its output schema is still usable without the schema.
          toolDefinition: { name: tool.name, inputSchema: objectSchema(tool.inputSchema) },
        },
      )
      return resultOf(result)
    } catch (cause) {
      throw new CodecellError(
        isUnknown(cause) ? 'TOOL_OUTCOME_UNKNOWN' : 'TOOL_FAILED',
        `tool \`${tool.name}\` of MCP server "${this.name}" failed: ${messageOf(cause)}`,
        { cause },
      )
    }
  }

  /** Kills the server's process when this process exits. */
  kill(): void {
    if (this.#transport instanceof StdioServer) this.#transport.kill()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = [this.#client.close(), this.#transport?.close() ?? Promise.resolve()]
    await Promise.race([Promise.allSettled(closed), delay(endMs, undefined, { ref: false })])
  }
}

/** Error codes of the client for requests that were not sent. */
const unsentCodes = new Set<unknown>([
  'NOT_CONNECTED',
  'NOT_INITIALIZED',
  'CAPABILITY_NOT_SUPPORTED',
  'METHOD_NOT_SUPPORTED_BY_PROTOCOL_VERSION',
])

/** Returns whether a server can have processed a request: unless it reported a failure or got no request. */
function isUnknown(cause: unknown): boolean {
  if (cause instanceof ToolGone || cause instanceof ProtocolError) return false
  // A successful response was unreadable.
  if (cause instanceof SdkHttpError) return isGatewayStatus(cause.status) || cause.status < 300
  if (cause instanceof SdkError) return !unsentCodes.has(cause.code)
  // Distinguishes a failed connection from a lost one.
  return !isUnreached(cause)
}

/** The server has removed the tool since the start of the cell. */
class ToolGone extends TypeError {}

/** Accepts any output schema: a tool with an invalid one is still usable. */
const acceptAnything: jsonSchemaValidator = {
  getValidator<value>(): JsonSchemaValidator<value> {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- no code relies on the claimed type
    return (data) => ({ valid: true, data: data as value, errorMessage: undefined })
  },
}

/** Returns the schema of an MCP result. The tool's own schema describes only the structured part. */
function resultSchema(structuredContent: JsonSchema | undefined): JsonSchema {
  const content = { type: 'array', items: { type: 'object' } }
  const properties = { content, isError: { type: 'boolean' }, _meta: { type: 'object' } }
  return {
    type: 'object',
    properties: structuredContent === undefined ? properties : { ...properties, structuredContent },
    required: ['content'],
  }
}

/** Returns the members of a result for a cell, without the metadata of the server. */
function resultOf(result: object): object {
  const kept = ['content', 'structuredContent', 'isError'].flatMap((name) =>
    Object.hasOwn(result, name) ? [[name, Object.getOwnPropertyDescriptor(result, name)?.value] as const] : [],
  )
  return Object.fromEntries(kept)
}

/** Converts a schema to the type of the client. */
function objectSchema(schema: unknown): { type: 'object' } {
  return isArguments(schema) ? { ...schema, type: 'object' } : { type: 'object' }
}

function isArguments(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
