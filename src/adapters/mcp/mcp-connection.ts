import { setTimeout as delay } from 'node:timers/promises'
import { CodecellError, messageOf } from '../../errors.ts'
import { adviceFor } from '../../options/check-options.ts'
import { isRecord } from '../../protocol/json.ts'
import { isUnreached } from '../../tools/unknown-outcome.ts'
import type { RevertedCall, Tool, ToolCallContext } from '../../tools/tool.ts'
import { CallNotSent, failureText, isConnectionClosed, isSessionForgotten, isUnknown, isUnsent } from './call-errors.ts'
import { callResultOf, callResultSchema } from './call-result.ts'
import type { McpServerConfig } from './config/mcp-config.ts'
import type { McpLink } from './mcp-link.ts'
import type { ListedTool } from './mcp-tool-list.ts'
import { openLink, type OpenLink } from './open-link.ts'
import { filledTemplate, type RevertSetting } from './config/revert-setting.ts'
import { RestartBackoff } from './restart-backoff.ts'
import type { McpServerStatus } from './server-status.ts'
import { asksForTool, offersTool } from './config/tool-filter.ts'

/** Timeout for listing tools after a change, in milliseconds. */
const listAgainMs = 30_000

/** The times until a failed listing is tried again, in milliseconds. */
const listRetriesMs = [250, 1000, 5000, 30_000] as const

/** Maximum length of a server's instructions, in characters. */
const maxInstructions = 4096

export type ConnectionOptions = {
  readonly toolTimeoutMs: number
  readonly startTimeoutMs: number
  /** The time until the first restart, in milliseconds. */
  readonly restartDelayMs: number
  readonly onToolsChanged: () => void
  readonly onStatus: (status: McpServerStatus) => void
}

/** The states in the order in which a server usually has them. */
type State =
  | { readonly type: 'starting' | 'closed' }
  | { readonly type: 'ready'; readonly link: McpLink }
  | { readonly type: 'lost'; readonly reason: string; readonly nextAttemptAt: number; readonly timer: NodeJS.Timeout }
  | { readonly type: 'restarting'; readonly reason: string; readonly isRenewal: boolean; readonly done: Promise<void> }
  | { readonly type: 'failed'; readonly reason: string }

/** The connection to an MCP server: a link at a time, and a new one when the server has gone away. */
export class McpConnection implements AsyncDisposable {
  readonly name: string
  readonly #server: McpServerConfig
  readonly #options: ConnectionOptions
  readonly #backoff: RestartBackoff
  readonly #stop = new AbortController()
  /** The links whose processes can be running. */
  readonly #links = new Set<McpLink>()
  #state: State = { type: 'starting' }
  #since = Date.now()
  #tools: readonly Tool[] = []
  #listed: readonly ListedTool[] = []
  /** The listed tools and the instructions as JSON, to detect a change. */
  #listing = ''
  #isListing = false
  #isStale = false

  constructor(server: McpServerConfig, options: ConnectionOptions) {
    this.name = server.name
    this.#server = server
    this.#options = options
    this.#backoff = new RestartBackoff(options.restartDelayMs)
  }

  /** The tools of the server. They stay while it is lost, and their calls fail. */
  get tools(): readonly Tool[] {
    return this.#tools
  }

  get status(): McpServerStatus {
    const common = { server: this.name, since: this.#since }
    const state = this.#state
    switch (state.type) {
      case 'starting':
      case 'closed':
        return { ...common, state: state.type }
      case 'ready':
        return { ...common, state: 'ready', tools: this.#tools.length }
      case 'lost':
        return { ...common, state: 'lost', reason: state.reason, nextAttemptAt: state.nextAttemptAt }
      case 'restarting':
      case 'failed':
        return { ...common, state: state.type, reason: state.reason }
      default:
        return state satisfies never
    }
  }

  /**
   * Connects and lists the tools.
   *
   * @throws {CodecellError} SERVER_START_FAILED with the end of the server's standard error.
   */
  async start(signal: AbortSignal | null): Promise<void> {
    try {
      const open = await this.#open(signal)
      this.#checkSettings(open.tools)
      this.#adopt(open)
    } catch (error) {
      this.#set({ type: 'failed', reason: messageOf(error) })
      await this.#closeLinks()
      throw error
    }
  }

  async #open(signal: AbortSignal | null): Promise<OpenLink> {
    return await openLink(this.#server, {
      listeners: {
        onLost: (link) => this.#onLost(link, lastWords(link)),
        onToolsChanged: (link) => void this.#listAgain(link),
      },
      timeoutMs: this.#server.startTimeoutMs ?? this.#options.startTimeoutMs,
      signal: signal === null ? this.#stop.signal : AbortSignal.any([signal, this.#stop.signal]),
      links: this.#links,
    })
  }

  #adopt({ link, tools }: OpenLink): void {
    const isFirst = this.#listing === ''
    const hasChanged = this.#accept(tools, link)
    this.#backoff.onReady()
    this.#set({ type: 'ready', link })
    if (hasChanged && !isFirst) this.#options.onToolsChanged()
  }

  /** Stores a listing. Returns whether it differs from the one before. */
  #accept(tools: readonly ListedTool[], link: McpLink): boolean {
    const listing = JSON.stringify([tools, link.instructions])
    if (listing === this.#listing) return false
    this.#listing = listing
    this.#listed = tools
    const offered = tools.filter(({ name }) => offersTool(this.#server, name))
    this.#tools = offered.map((tool) => this.#toolOf(tool, link.instructions))
    return true
  }

  #set(state: State): void {
    if (this.#state.type === 'closed') return
    this.#state = state
    this.#since = Date.now()
    this.#options.onStatus(this.status)
  }

  #onLost(link: McpLink, reason: string): void {
    this.#retire(link)
    if (this.#state.type === 'ready' && this.#state.link === link) this.#lose(reason)
  }

  #lose(reason: string): void {
    const nextAttemptAt = this.#backoff.nextAttemptAt()
    const timer = setTimeout(() => void this.#restart(reason, false), nextAttemptAt - Date.now())
    timer.unref()
    this.#set({ type: 'lost', reason, nextAttemptAt, timer })
  }

  /** Starts the server again. Never rejects: a failed attempt is followed by another. */
  #restart(reason: string, isRenewal: boolean): Promise<void> {
    const done = this.#reopen()
    this.#set({ type: 'restarting', reason, isRenewal, done })
    return done
  }

  async #reopen(): Promise<void> {
    // The state is set first.
    await Promise.resolve()
    try {
      const open = await this.#open(null)
      if (this.#stop.signal.aborted) await open.link[Symbol.asyncDispose]()
      else this.#adopt(open)
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#lose(messageOf(error))
    }
  }

  /** A call shortens a long wait for the next attempt. */
  #hasten(): void {
    const state = this.#state
    if (state.type !== 'lost') return
    const nextAttemptAt = this.#backoff.hastened(state.nextAttemptAt)
    if (nextAttemptAt === state.nextAttemptAt) return
    clearTimeout(state.timer)
    const timer = setTimeout(() => void this.#restart(state.reason, false), nextAttemptAt - Date.now())
    timer.unref()
    this.#state = { ...state, nextAttemptAt, timer }
  }

  #retire(link: McpLink): void {
    void link.retire().then(() => this.#links.delete(link))
  }

  /** Refuses settings of unknown tools: a policy would be ignored. */
  #checkSettings(tools: readonly ListedTool[]): void {
    const names = tools.map(({ name }) => name)
    for (const wanted of this.#server.toolSettings?.keys() ?? []) {
      if (names.includes(wanted)) continue
      const advice = adviceFor(wanted, names)
      const text = `the configuration has settings for tool "${wanted}", which the server does not have`
      throw new CodecellError('SERVER_START_FAILED', advice === '' ? text : `${text}; ${advice}`)
    }
  }

  #toolOf(tool: ListedTool, instructions: string | undefined): Tool {
    return {
      name: tool.name,
      namespace: `mcp__${this.name}`,
      server: this.name,
      ...(instructions === undefined ? {} : { namespaceDescription: instructions.slice(0, maxInstructions) }),
      kind: 'function',
      description: tool.description,
      inputSchema: tool.inputSchema,
      outputSchema: callResultSchema(tool.outputSchema),
      annotations: tool.annotations,
      ...this.#settingsOf(tool.name),
      call: (input, context) => this.#call(tool, input, context),
    }
  }

  #settingsOf(name: string): Partial<Tool> {
    const { revert, ...others } = this.#server.toolSettings?.get(name) ?? {}
    const settings: Partial<Tool> = asksForTool(this.#server, name) ? { needsApproval: 'ask', ...others } : others
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
    if (!isRecord(result) || result['isError'] !== true) return
    throw new TypeError(
      `tool \`${tool.name}\` did not revert the call: ${JSON.stringify(result['content']).slice(0, 1000)}`,
    )
  }

  /** Lists the tools again, once for all changes during a listing. A failed listing leaves the tools unchanged and is tried again. */
  async #listAgain(link: McpLink): Promise<void> {
    this.#isStale = true
    if (this.#isListing) return
    this.#isListing = true
    let failures = 0
    while (this.#isStale && this.#isCurrent(link)) {
      this.#isStale = false
      try {
        const tools = await link.list(listAgainMs)
        failures = 0
        if (this.#isCurrent(link) && this.#accept(tools, link)) this.#options.onToolsChanged()
      } catch {
        const wait = listRetriesMs[failures++]
        if (wait === undefined) break
        this.#isStale = true
        await delay(wait, undefined, { ref: false })
      }
    }
    this.#isListing = false
  }

  #isCurrent(link: McpLink): boolean {
    return this.#state.type === 'ready' && this.#state.link === link
  }

  async #call(tool: ListedTool, input: unknown, context: Pick<ToolCallContext, 'signal' | 'key'>): Promise<unknown> {
    try {
      return callResultOf(await this.#send(tool, input, context))
    } catch (cause) {
      throw new CodecellError(
        isUnknown(cause) ? 'TOOL_OUTCOME_UNKNOWN' : 'TOOL_FAILED',
        `tool \`${tool.name}\` of MCP server "${this.name}" failed: ${failureText(cause)}`,
        { cause },
      )
    }
  }

  async #send(tool: ListedTool, input: unknown, context: Pick<ToolCallContext, 'signal' | 'key'>): Promise<unknown> {
    const link = await this.#readyLink(tool)
    const options = { ...context, timeout: this.#server.toolTimeoutMs ?? this.#options.toolTimeoutMs }
    try {
      return await link.call(tool, input, options)
    } catch (cause) {
      if (link.hasSession && isSessionForgotten(cause)) {
        await this.#renew(link)
        return await (await this.#readyLink(tool)).call(tool, input, options)
      }
      if (isUnreached(cause)) this.#onLost(link, failureText(cause))
      if (isUnsent(cause)) throw new CallNotSent(this.#awayText(), { cause })
      if (!isConnectionClosed(cause)) throw cause
      throw new Error(`the connection ended before the response: ${lastWords(link)}`, { cause })
    }
  }

  /** Returns the link for a call. A call waits for a new session, and not for a server that is away. */
  async #readyLink(tool: ListedTool): Promise<McpLink> {
    if (this.#state.type === 'restarting' && this.#state.isRenewal) await this.#state.done
    const state = this.#state
    if (state.type !== 'ready') {
      this.#hasten()
      throw new CallNotSent(this.#awayText())
    }
    // A cell keeps its tools from its start, but the server can have removed one.
    if (!this.#tools.some(({ name }) => name === tool.name)) throw new CallNotSent('the server has removed it')
    return state.link
  }

  /** Initializes a new session, once for all calls that the server has refused. */
  async #renew(link: McpLink): Promise<void> {
    if (this.#isCurrent(link)) {
      this.#retire(link)
      await this.#restart('it has ended the session', true)
    } else if (this.#state.type === 'restarting') await this.#state.done
  }

  /** Returns the text for calls while the server is away. */
  #awayText(): string {
    const state = this.#state
    switch (state.type) {
      case 'lost': {
        const seconds = Math.max(0, (state.nextAttemptAt - Date.now()) / 1000).toFixed(1)
        return `the server is not connected: ${state.reason}; it was not called; the next attempt to start it is in ${seconds} s`
      }
      case 'restarting':
        return `the server is not connected: ${state.reason}; it was not called; it is being started again`
      case 'failed':
        return `the server did not start: ${state.reason}`
      case 'starting':
      case 'ready':
      case 'closed':
        return 'the connection is closed'
      default:
        return state satisfies never
    }
  }

  /** Kills the server's process when this process exits. */
  kill(): void {
    for (const link of this.#links) link.kill()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const state = this.#state
    this.#set({ type: 'closed' })
    this.#stop.abort()
    if (state.type === 'lost') clearTimeout(state.timer)
    await this.#closeLinks()
    if (state.type === 'restarting') await state.done
  }

  async #closeLinks(): Promise<void> {
    await Promise.all([...this.#links].map((link) => link[Symbol.asyncDispose]()))
    this.#links.clear()
  }
}

/** Returns how a server ended, with the last line of its standard error. */
function lastWords(link: McpLink): string {
  const line = link.said.split('\n').at(-1) ?? ''
  const text = link.exitText ?? 'it closed the connection'
  return line === '' ? text : `${text}; the last line of its standard error: ${line}`
}
