import { CodecellError, messageOf } from '../../errors.ts'
import type { Tool } from '../../tools/tool.ts'
import { authorizerOf, type Authorizer } from './auth/authorized-fetch.ts'
import { LoginWatch } from './auth/login-watch.ts'
import { isLoginNeeded, remedyIn } from './auth/not-authorized.ts'
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
import type { ListedTool, ToolListing } from './mcp-tool-list.ts'
import { openLink, type OpenLink } from './open-link.ts'
import { RestartBackoff } from './restart-backoff.ts'
import type { McpServerStatus } from './server-status.ts'
import { serverText } from './server-text.ts'
import { ServerTools, type CallContext } from './server-tools.ts'
import { isFinal, retryAfterOf } from './start-failure.ts'
import type { StartSlots } from './start-slots.ts'
import { ToolFollower } from './tool-follower.ts'

/** Maximum number of warnings about a server. Each is reported once. */
const maxWarnings = 20

export type ConnectionOptions = {
  readonly toolTimeoutMs: number
  readonly startTimeoutMs: number
  /** The time until the first restart, in milliseconds. */
  readonly restartDelayMs: number
  /** Whether a server that fails to start is tried again. One that has started is started again in any case. */
  readonly retryStarts: boolean
  readonly slots: StartSlots
  /** The folder of logins; null for the one of the user. */
  readonly credentialsDir: string | null
  readonly onToolsChanged: () => void
  readonly onStatus: (status: McpServerStatus) => void
  readonly onWarning: (text: string) => void
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
  /** Lists the tools of the current link after a change. */
  #follower: ToolFollower | null = null
  readonly #warned = new Set<string>()
  readonly #authorizer: Authorizer
  #state: ConnectionState = { type: 'starting' }
  #since = Date.now()

  constructor(server: McpServerConfig, options: ConnectionOptions) {
    this.name = server.name
    this.#server = server
    this.#options = options
    this.#backoff = new RestartBackoff(options.restartDelayMs)
    this.#authorizer = authorizerOf(server, options.credentialsDir)
    this.#tools = new ServerTools(server, (tool, input, context) => this.#call(tool, input, context))
  }

  /** The tools of the server. They stay while it is lost, and their calls fail. */
  get tools(): readonly Tool[] {
    return this.#tools.offered
  }

  get status(): McpServerStatus {
    return statusOf(this.#state, { server: this.name, since: this.#since }, this.tools.length)
  }

  /** The reason why the server has not started yet; null for one that is starting or has started. */
  get failure(): string | null {
    const state = this.#state
    if (state.type === 'given_up') return state.reason
    const isWaiting = state.type === 'failed' || state.type === 'restarting' || state.type === 'needs_login'
    return isWaiting && !this.#tools.isListed ? state.reason : null
  }

  /** Connects and lists the tools. Never rejects: the state says how it ended. */
  async start(signal: AbortSignal): Promise<void> {
    try {
      this.#adopt(await this.#options.slots.run(() => this.#open(AbortSignal.any([signal, this.#stop.signal]))), true)
    } catch (error) {
      await this.#onStartFailed(error, this.#options.retryStarts && !signal.aborted)
    }
  }

  async #open(signal: AbortSignal): Promise<OpenLink> {
    return await openLink(this.#server, {
      listeners: {
        onLost: (link) => this.#onLost(link, lastWords(link)),
        onToolsChanged: (link) => {
          if (this.#isCurrent(link)) void this.#follower?.onChange()
        },
        onSessionForgotten: (link) => void this.#renew(link),
      },
      timeoutMs: this.#server.startTimeoutMs ?? this.#options.startTimeoutMs,
      signal,
      links: this.#links,
      authorization: this.#authorizer,
    })
  }

  #adopt({ link, listing, startMs }: OpenLink, isInitial: boolean): void {
    if (!this.#tools.isListed) this.#tools.checkSettings(listing.tools)
    this.#follower = new ToolFollower(
      (timeoutMs) => link.list(timeoutMs),
      () => this.#isCurrent(link),
      (changed) => {
        if (this.#accept(changed, link)) this.#options.onToolsChanged()
      },
    )
    const hasChanged = this.#accept(listing, link)
    this.#backoff.onReady()
    this.#set({ type: 'ready', link, startMs })
    if (hasChanged && !isInitial) this.#options.onToolsChanged()
    // The server can have exited right after it listed its tools.
    if (link.hasEnded) this.#onLost(link, lastWords(link))
  }

  /** Stores a listing, and reports what is odd about it. Returns whether the tools have changed. */
  #accept({ tools, warnings }: ToolListing, link: McpLink): boolean {
    for (const text of [...warnings, ...this.#tools.unknownNames(tools)]) {
      if (this.#warned.has(text) || this.#warned.size >= maxWarnings) continue
      this.#warned.add(text)
      this.#options.onWarning(`MCP server "${this.name}": ${text}`)
    }
    return this.#tools.accept(tools, link.instructions)
  }

  async #onStartFailed(error: unknown, canRetry: boolean): Promise<void> {
    const reason = messageOf(error)
    if (isLoginNeeded(error)) this.#waitForLogin(reason)
    else if (canRetry && !this.#stop.signal.aborted && !isFinal(error)) this.#wait(reason, retryAfterOf(error))
    else this.#set({ type: 'given_up', reason })
    await this.#closeLinks()
  }

  #set(state: ConnectionState): void {
    if (this.#state.type === 'closed') return
    if (this.#state.type === 'needs_login') this.#state.login[Symbol.dispose]()
    this.#state = state
    this.#since = Date.now()
    this.#options.onStatus(this.status)
  }

  #onLost(link: McpLink, reason: string): void {
    this.#retire(link)
    if (this.#state.type === 'ready' && this.#state.link === link) this.#wait(reason)
  }

  /** Waits for the next attempt to start the server. */
  #wait(reason: string, retryAfterMs = 0): void {
    const nextAttemptAt = this.#backoff.nextAttemptAt(retryAfterMs)
    const type = this.#tools.isListed ? 'lost' : 'failed'
    this.#set({ type, reason, nextAttemptAt, timer: this.#timer(reason, nextAttemptAt) })
  }

  /** Waits for a login, also of another process. */
  #waitForLogin(reason: string): void {
    const login = new LoginWatch(
      () => this.#authorizer.hasNewLogin(),
      () => void this.#restart(reason, true),
    )
    this.#set({ type: 'needs_login', reason, login })
  }

  #timer(reason: string, attemptAt: number): NodeJS.Timeout {
    // The time that a call shortens can be over.
    const delayMs = Math.max(0, attemptAt - Date.now())
    return setTimeout(() => void this.#restart(reason, false), delayMs).unref()
  }

  /** Starts the server again. Never rejects: a failed attempt is followed by another. */
  #restart(reason: string, isRenewal: boolean): Promise<void> {
    const done = this.#reopen(isRenewal)
    this.#set({ type: 'restarting', reason, isRenewal, done })
    return done
  }

  async #reopen(isRenewal: boolean): Promise<void> {
    // The state is set first.
    await Promise.resolve()
    const { signal } = this.#stop
    try {
      // Calls wait for a new session.
      const open = isRenewal ? await this.#open(signal) : await this.#options.slots.run(() => this.#open(signal))
      if (signal.aborted) await open.link[Symbol.asyncDispose]()
      else this.#adopt(open, false)
    } catch (error) {
      if (signal.aborted) return
      if (this.#tools.isListed && !isLoginNeeded(error)) this.#wait(messageOf(error), retryAfterOf(error))
      else await this.#onStartFailed(error, true)
    }
  }

  /** A call shortens a long wait for the next attempt. */
  #hasten(): void {
    const state = this.#state
    if (state.type !== 'lost' && state.type !== 'failed') return
    const nextAttemptAt = this.#backoff.hastened(state.nextAttemptAt)
    if (nextAttemptAt === state.nextAttemptAt) return
    clearTimeout(state.timer)
    this.#state = { ...state, nextAttemptAt, timer: this.#timer(state.reason, nextAttemptAt) }
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
      if (remedyIn(cause) === 'login' && this.#authorizer.hasUsedToken) this.#endLogin(link, failureText(cause))
      if (isNotConnected(cause)) this.#onLost(link, failureText(cause))
      if (isUnsent(cause)) throw new CallNotSent(awayText(this.#state), { cause })
      if (!isConnectionClosed(cause)) throw cause
      throw new Error(`the connection ended before the response: ${lastWords(link)}`, { cause })
    }
  }

  /** The server refuses every call until the next login. */
  #endLogin(link: McpLink, reason: string): void {
    if (!this.#isCurrent(link)) return
    this.#retire(link)
    this.#waitForLogin(reason)
  }

  /** Returns the link for a call. A call waits for a new session, and not for a server that is away. */
  async #readyLink(tool: ListedTool): Promise<McpLink> {
    if (this.#state.type === 'needs_login' && this.#state.login.isOver) void this.#restart(this.#state.reason, true)
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
    this.#authorizer[Symbol.dispose]()
    if (state.type === 'lost' || state.type === 'failed') clearTimeout(state.timer)
    await this.#closeLinks()
    if (state.type === 'restarting') await state.done
  }

  async #closeLinks(): Promise<void> {
    const links = [...this.#links]
    await Promise.all(links.map((link) => link[Symbol.asyncDispose]()))
    // A new link can have started.
    for (const link of links) this.#links.delete(link)
  }
}

/** Returns how a server ended, with the last line of its standard error. */
function lastWords(link: McpLink): string {
  const line = serverText(link.said.split('\n').at(-1)?.trim() ?? '', 300)
  const text = link.exitText ?? 'it closed the connection'
  return line === '' ? text : `${text}; the last line of its standard error: ${line}`
}
