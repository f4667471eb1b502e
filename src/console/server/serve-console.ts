import { Cleanups } from '../../collections/cleanups.ts'
import { isThrown, messageOf } from '../../errors.ts'
import { packageVersion } from '../../installation/package-version.ts'
import { listenHttp } from '../../mcp-server/http/listen.ts'
import { checkOptions } from '../../options/check-options.ts'
import { callListener } from '../../session/common/call-listener.ts'
import { LogStore } from '../../storage/shared/shared-store.ts'
import { parsePrices } from '../../trace/view/prices.ts'
import { checkByIssuer, checkByList } from '../auth/check-token.ts'
import { checkConsoleOptions, consoleOptionNames, type ServeConsoleOptions } from './console-options.ts'
import { readConsolePage } from './console-page.ts'
import { ConsoleParts } from './console-parts.ts'
import { liveSessionsOf } from '../live/console-sessions.ts'
import { Authentication } from '../http/authenticate.ts'
import { ConsoleSite } from './console-site.ts'
import type { LiveSessions } from '../live/live-sessions.ts'
import { Runs } from '../runs/runs.ts'
import { FolderSource } from '../sources/folder-source.ts'
import { StoreSource } from '../sources/store-source.ts'
import { TraceLibrary } from '../traces/trace-library.ts'
import { Workspaces } from '../workspace/workspaces.ts'

/** A running console; dispose it to stop. */
export interface ConsoleServer extends AsyncDisposable {
  /** The address of the page. */
  readonly url: string
  /** Returns the address that logs a user in with a token. The token is in the fragment, which browsers do not send. */
  readonly loginUrl: (token: string) => string
}

/**
 * Serves a page that shows sessions and cells, and decides about their calls. See `docs/console.md`.
 *
 * @throws {CodecellError} `INVALID_OPTION` for options that exclude each other, and for an address that is in use
 * @example
 * ```ts
 * await using server = await serveConsole({ storage: 'sessions', tokens: [{ token, name: 'Ann' }] })
 * console.log(server.loginUrl(token))
 * ```
 */
export async function serveConsole(options: ServeConsoleOptions): Promise<ConsoleServer> {
  checkOptions('serveConsole', options, consoleOptionNames)
  checkConsoleOptions(options)
  const { address = '127.0.0.1', jwt, tokens } = options
  const onError = (error: unknown): void =>
    callListener('onError', () => options.onError?.(isThrown(error, Error) ? error : new Error(messageOf(error))))
  const check = jwt === undefined ? checkByList(tokens) : await checkByIssuer(jwt, onError)
  const live = liveSessionsOf(options.sessions)
  await using opened = new Cleanups()
  const runs = runsOf(options)
  if (runs !== null) opened.use(runs)
  const workspaces = opened.use(workspacesOf(options, live))
  let site: ConsoleSite | null = null
  const http = opened.use(
    await listenHttp({ address, port: options.port ?? 0, tls: null }, (request, response) =>
      site?.handle(request, response),
    ),
  )
  const { port } = http
  const own = [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`]
  const parts = partsOf(options, runs)
  site = new ConsoleSite({
    parts,
    authentication: new Authentication(check, { port, onEnd: (user) => parts.streams.end(user) }),
    hosts: [...own, ...(options.hosts ?? []).map((host) => host.toLowerCase())],
    workspaceOf: (user) => workspaces.of(user),
    page: readConsolePage,
    onError,
  })
  const listening = opened.move()
  const url = `http://${address.includes(':') ? `[${address}]` : address}:${port}/`
  return {
    url,
    loginUrl: (token) => `${url}#token=${encodeURIComponent(token)}`,
    async [Symbol.asyncDispose]() {
      await listening[Symbol.asyncDispose]()
    },
  }
}

function workspacesOf({ storage, store }: ServeConsoleOptions, live: LiveSessions): Workspaces {
  if (store !== undefined) {
    const sourceOf = (tenant: string | null): StoreSource =>
      new StoreSource(tenant === null ? store : LogStore.ofTenant(store, tenant))
    return new Workspaces(sourceOf, live)
  }
  if (storage === undefined) return new Workspaces(() => null, live)
  const folder = new FolderSource(typeof storage === 'string' ? storage : storage.dir)
  return new Workspaces(() => folder, live)
}

function runsOf(options: ServeConsoleOptions): Runs | null {
  const tools = toolsOf(options)
  if (tools === null || options.readOnly === true) return null
  const { runOptions = {}, toolFailures = () => [] } = options
  return new Runs({ tools, failures: toolFailures, options: runOptions })
}

function partsOf(options: ServeConsoleOptions, runs: Runs | null): ConsoleParts {
  const { traces, prices, readOnly = false, runOptions = {} } = options
  const table = prices === undefined ? null : parsePrices(prices)
  const { hosts, limits } = runOptions
  return new ConsoleParts({
    version: packageVersion,
    traces: traces === undefined ? null : new TraceLibrary(traces, table),
    runs,
    reverts: {
      tools: toolsOf(options),
      options: { ...(hosts === undefined ? {} : { hosts }), ...(limits === undefined ? {} : { limits }) },
    },
    isReadOnly: readOnly,
  })
}

function toolsOf({ tools }: ServeConsoleOptions): (() => ReturnType<Extract<typeof tools, () => unknown>>) | null {
  if (tools === undefined) return null
  return typeof tools === 'function' ? tools : () => tools
}
