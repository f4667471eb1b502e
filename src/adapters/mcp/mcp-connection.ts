import { CodecellError, messageOf } from '../../errors.ts'
import type { Tool } from '../../tools/tool.ts'
import {
  CallNotSent,
  errorDetails,
  failureText,
  isConnectionClosed,
  isNotConnected,
  isSessionForgotten,
  isUnknown,
  isUnsent,
} from './call-errors.ts'
import { callResultOf } from './call-result.ts'
import type { McpServerConfig } from './config/mcp-config.ts'
import { awayText, statusOf, type ConnectionState } from './connection-state.ts'
import type { McpLink } from './mcp-link.ts'
import type { ListedTool } from './mcp-tool-list.ts'
import { openLink, type OpenLink } from './open-link.ts'
import { RestartBackoff } from './restart-backoff.ts'
import type { McpServerStatus } from './server-status.ts'
import { serverText } from './server-text.ts'
import { ServerTools, type CallContext } from './server-tools.ts'
import { ToolFollower } from './tool-follower.ts'

export type ConnectionOptions = {
  readonly toolTimeoutMs: number
  readonly startTimeoutMs: number
  /** The time until the first restart, in milliseconds. */
  readonly restartDelayMs: number
  readonly onToolsChanged: () => void
  readonly onStatus: (status: McpServerStatus) => void
}

/** The connection to an MCP server: a link at a time, and a new one when the server has gone away. */
export class McpConnection implements AsyncDisposable {
  readonly name: string
  readonly #server: McpServerConfig
  readonly #options: ConnectionOptions
  readonly #backoff: RestartBackoff
  readonly #stop = new AbortController()
  /** The links whose processes can be running. */
  readonly #links = new Set<McpLink>()
  readonly #tools: ServerTools
  readonly #follower: ToolFollower
  #state: ConnectionState = { type: 'starting' }
  #since = Date.now()

  constructor(server: McpServerConfig, options: ConnectionOptions) {
    this.name = server.name
    this.#server = server
    this.#options = options
    this.#backoff = new RestartBackoff(options.restartDelayMs)
    this.#tools = new ServerTools(server, (tool, input, context) => this.#call(tool, input, context))
    this.#follower = new ToolFollower(
      (link) => this.#isCurrent(link),
      (tools, link) => {
        if (this.#tools.accept(tools, link.instructions)) options.onToolsChanged()
      },
    )
  }

  /** The tools of the server. They stay while it is lost, and their calls fail. */
  get tools(): readonly Tool[] {
    return this.#tools.offered
  }

  get status(): McpServerStatus {
    return statusOf(this.#state, { server: this.name, since: this.#since }, this.tools.length)
  }

  /**
   * Connects and lists the tools.
   *
   * @throws {CodecellError} SERVER_START_FAILED with the end of the server's standard error.
   */
  async start(signal: AbortSignal | null): Promise<void> {
    try {
      const open = await this.#open(signal)
      this.#tools.checkSettings(open.tools)
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
        onToolsChanged: (link) => void this.#follower.onChange(link),
        onSessionForgotten: (link) => void this.#renew(link),
      },
      timeoutMs: this.#server.startTimeoutMs ?? this.#options.startTimeoutMs,
      signal: signal === null ? this.#stop.signal : AbortSignal.any([signal, this.#stop.signal]),
      links: this.#links,
    })
  }

  #adopt({ link, tools }: OpenLink): void {
    const isFirst = !this.#tools.isListed
    const hasChanged = this.#tools.accept(tools, link.instructions)
    this.#backoff.onReady()
    this.#set({ type: 'ready', link })
    if (hasChanged && !isFirst) this.#options.onToolsChanged()
  }

  #set(state: ConnectionState): void {
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

  #isCurrent(link: McpLink): boolean {
    return this.#state.type === 'ready' && this.#state.link === link
  }

  async #call(tool: ListedTool, input: unknown, context: CallContext): Promise<unknown> {
    try {
      return callResultOf(await this.#send(tool, input, context))
    } catch (cause) {
      const details = errorDetails(cause)
      throw new CodecellError(
        isUnknown(cause) ? 'TOOL_OUTCOME_UNKNOWN' : 'TOOL_FAILED',
        `tool \`${tool.name}\` of MCP server "${this.name}" failed: ${failureText(cause)}`,
        details === null ? { cause } : { cause, details },
      )
    }
  }

  async #send(tool: ListedTool, input: unknown, context: CallContext): Promise<unknown> {
    const link = await this.#readyLink(tool)
    const options = { ...context, timeout: this.#server.toolTimeoutMs ?? this.#options.toolTimeoutMs }
    try {
      return await link.call(tool, input, options)
    } catch (cause) {
      if (link.hasSession && isSessionForgotten(cause)) {
        await this.#renew(link)
        return await (await this.#readyLink(tool)).call(tool, input, options)
      }
      if (isNotConnected(cause)) this.#onLost(link, failureText(cause))
      if (isUnsent(cause)) throw new CallNotSent(awayText(this.#state), { cause })
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
      throw new CallNotSent(awayText(this.#state))
    }
    // A cell keeps its tools from its start, but the server can have removed one.
    if (!this.#tools.offers(tool.name)) throw new CallNotSent('the server has removed it')
    return state.link
  }

  /** Initializes a new session, once for all calls that the server has refused. */
  async #renew(link: McpLink): Promise<void> {
    if (this.#isCurrent(link)) {
      this.#retire(link)
      await this.#restart('it has ended the session', true)
    } else if (this.#state.type === 'restarting') await this.#state.done
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
  const line = serverText(link.said.split('\n').at(-1)?.trim() ?? '', 300)
  const text = link.exitText ?? 'it closed the connection'
  return line === '' ? text : `${text}; the last line of its standard error: ${line}`
}
