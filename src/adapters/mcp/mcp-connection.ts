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

/** How long a connection may take to say goodbye, in milliseconds. A process that has to be killed takes longer. */
const endMs = 2000

/** How long a server may take to list its tools again, in milliseconds. */
const listAgainMs = 30_000

/** Several changes in a row are one, in milliseconds. */
const changeQuietMs = 50

/** Characters of what a server says about its tools as a whole. */
const maxInstructions = 4096

/** One MCP server: started, listed, listed again when it says so, called, ended. */
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
        // Probing for the newer era starts a stdio server twice; over HTTP it costs one request.
        versionNegotiation: { mode: server.type === 'stdio' ? 'legacy' : 'auto' },
        jsonSchemaValidator: acceptAnything,
        listChanged: {
          tools: { autoRefresh: false, debounceMs: changeQuietMs, onChanged: () => void this.#listAgain() },
        },
      },
    )
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- this client has no other way
    this.#client.onerror = () => undefined
  }

  get tools(): readonly Tool[] {
    return this.#tools
  }

  /** Connects and lists the tools. Throws `SERVER_START_FAILED` with the end of what the server said. */
  async start({ timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal | null }): Promise<void> {
    const timeout = AbortSignal.timeout(timeoutMs)
    const stop = AbortSignal.any(signal === null ? [timeout] : [timeout, signal])
    const stopped = Promise.withResolvers<never>()
    stopped.promise.catch(() => undefined)
    stop.addEventListener('abort', () => {
      const reason = timeout.aborted ? `it did not start within ${timeoutMs} ms` : 'it was given up'
      stopped.reject(new CodecellError('SERVER_START_FAILED', reason))
    })
    try {
      await Promise.race([this.#connect(timeoutMs), stopped.promise])
    } catch (cause) {
      const said = this.#transport instanceof StdioServer ? this.#transport.said : ''
      const text = said === '' ? messageOf(cause) : `${messageOf(cause)}; it said:\n${said}`
      throw new CodecellError('SERVER_START_FAILED', text, { cause })
    }
  }

  async #connect(timeout: number): Promise<void> {
    this.#transport = this.#makeTransport()
    await this.#client.connect(this.#transport, { timeout })
    this.#tools = await this.#list(timeout)
    this.#checkSettings()
  }

  /** Settings of a tool that is not there would be ignored, and with them a policy. */
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
      throw new TypeError(`MCP server "${this.name}" has no tool "${setting.tool}", which would undo the call`)
    }
    const input = filledTemplate(setting.input, call)
    const result = await this.#call(tool, input, { signal, key: `${call.key}/revert` })
    if (!isArguments(result) || result['isError'] !== true) return
    throw new TypeError(
      `tool \`${tool.name}\` did not undo the call: ${JSON.stringify(result['content']).slice(0, 1000)}`,
    )
  }

  /** Lists once more for all the changes that come meanwhile. A list that cannot be read leaves the tools as they are. */
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
      // The server says that something changed, and does not say what: its tools may still be called.
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
      // A cell keeps the tools it started with; its server may have taken one away.
      if (!this.#tools.some(({ name }) => name === tool.name))
        throw new ToolGone('the server does not have it any more')
      const result = await this.#client.callTool(
        // A server that knows the key can tell a call that is made again after a crash.
        { name: tool.name, arguments: isArguments(input) ? input : {}, _meta: { 'codecell/idempotencyKey': key } },
        {
          signal,
          timeout: this.#toolTimeoutMs,
          // A server reports progress, and so may take longer, only when somebody listens to it.
          resetTimeoutOnProgress: true,
          onprogress: () => undefined,
          // Without its output schema a tool whose results do not fit it is of use all the same.
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

  /** Ends the server's process at once, when this process exits. */
  kill(): void {
    if (this.#transport instanceof StdioServer) this.#transport.kill()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = [this.#client.close(), this.#transport?.close() ?? Promise.resolve()]
    await Promise.race([Promise.allSettled(closed), delay(endMs, undefined, { ref: false })])
  }
}

/** Errors of the client by which a request was not sent. */
const unsentCodes = new Set<unknown>([
  'NOT_CONNECTED',
  'NOT_INITIALIZED',
  'CAPABILITY_NOT_SUPPORTED',
  'METHOD_NOT_SUPPORTED_BY_PROTOCOL_VERSION',
])

/** Whether a server may have done what it was asked for: unless it said that it failed, or was not asked. */
function isUnknown(cause: unknown): boolean {
  if (cause instanceof ToolGone || cause instanceof ProtocolError) return false
  // An answer with a good status came, and could not be read.
  if (cause instanceof SdkHttpError) return isGatewayStatus(cause.status) || cause.status < 300
  if (cause instanceof SdkError) return !unsentCodes.has(cause.code)
  // A network that did not reach the server is told from one that lost it.
  return !isUnreached(cause)
}

/** A server has taken the tool away since the cell was started. */
class ToolGone extends TypeError {}

/** A tool with an output schema that cannot be used is still a tool that can be used. */
const acceptAnything: jsonSchemaValidator = {
  getValidator<value>(): JsonSchemaValidator<value> {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- nothing here relies on the type it claims
    return (data) => ({ valid: true, data: data as value, errorMessage: undefined })
  },
}

/** What a cell gets from any MCP tool; the tool's own schema describes only the structured part. */
function resultSchema(structuredContent: JsonSchema | undefined): JsonSchema {
  const content = { type: 'array', items: { type: 'object' } }
  const properties = { content, isError: { type: 'boolean' }, _meta: { type: 'object' } }
  return {
    type: 'object',
    properties: structuredContent === undefined ? properties : { ...properties, structuredContent },
    required: ['content'],
  }
}

/** The members of a result that a cell gets: those the server sent, without its metadata (contract D4). */
function resultOf(result: object): object {
  const kept = ['content', 'structuredContent', 'isError'].flatMap((name) =>
    Object.hasOwn(result, name) ? [[name, Object.getOwnPropertyDescriptor(result, name)?.value] as const] : [],
  )
  return Object.fromEntries(kept)
}

/** A schema as the client wants it. */
function objectSchema(schema: unknown): { type: 'object' } {
  return isArguments(schema) ? { ...schema, type: 'object' } : { type: 'object' }
}

function isArguments(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
