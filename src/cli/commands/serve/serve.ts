import { createHostPool } from '../../../index.ts'
import { messageOf } from '../../../errors.ts'
import type { McpServerStatus } from '../../../mcp.ts'
import {
  createMcpServer,
  serveHttp,
  serveStdio,
  type CodecellMcpServer,
  type DrainOptions,
  type FleetOptions,
  type JwtOptions,
  type McpServerSettings,
  type ServeHttpOptions,
} from '../../../mcp-server.ts'
import { markDraining } from '../../../store.ts'
import { askFlag } from '../../exec/approvals.ts'
import { exitCodes } from '../../common/exit-codes.ts'
import { parseCommandLine, usageError, type CommandLine } from '../../common/command-line.ts'
import { engineOf } from '../../common/engine-flag.ts'
import { remoteHostsOf } from '../../common/remote-hosts.ts'
import { traceSchemaOf } from '../../exec/recording.ts'
import { interruption } from '../../exec/interruption.ts'
import type { Io } from '../../common/io.ts'
import { flagLocation, locationOf, type SessionLocation } from '../../common/session-location.ts'
import { serveSpec } from '../../specs/run-commands.ts'
import { fleetOf, isFleet } from './serve-fleet.ts'
import { jwtOf } from './serve-jwt.ts'
import { serveConsoleOf, watchedBy } from './serve-with-console.ts'
import { tokensOf, type Tokens } from '../../common/tokens.ts'
import {
  noToolsText,
  openToolSource,
  StatusTexts,
  toolSourceOptions,
  type ToolSource,
} from '../../tool-source/tool-source.ts'

type Log = (text: string) => void

type Serving = {
  readonly signal: AbortSignal
  readonly drainTimes: Required<DrainOptions>
  readonly address: Pick<ServeHttpOptions, 'address' | 'hosts'>
  readonly location: SessionLocation | null
  readonly fleet: FleetOptions | null
  readonly jwt: JwtOptions | null
  readonly log: Log
}

/** Flags that have a meaning over HTTP only. */
const httpFlags = ['http-address', 'http-host', 'drain-timeout', 'drain-yield']
const defaultDrainMs = 30_000
const maxDrainMs = 86_400_000

/** `codecell serve`: `exec` and `wait` for an MCP client. Standard output carries only the protocol. Returns the exit code. */
export async function serveCommand(args: readonly string[], { stderr, env }: Io): Promise<number> {
  const log = (text: string): void => void stderr.write(`${text}\n`)
  const line = parseCommandLine(serveSpec, args)
  await using location = serveLocation(line, env)
  const settings = await settingsOf(line, log)
  const jwt = await jwtOf(line, 'http')
  const tokens = line.has('http') ? await tokensOf(line, jwt, env) : null
  const given = httpFlags.find((flag) => line.has(flag))
  if (given !== undefined && !line.has('http')) throw usageError(serveSpec, `Cannot use --${given} without --http`)
  const [drainTimes, address] = [drainTimesOf(line), addressOf(line)]
  const fleet = await fleetOf(line, env)
  if (fleet !== null && tokens?.isNew === true) {
    throw usageError(serveSpec, 'Cannot generate a token for a fleet: expected --token-file FILE or CODECELL_TOKEN')
  }
  using interrupted = interruption()
  const { signal } = interrupted
  // A wrong flag is reported before any server starts.
  const engine = engineOf(line, { isRemote: line.has('hosts-at'), onWarning: log })
  const pool = { size: 2, engine: engine.pool }
  await using hosts = remoteHostsOf(serveSpec, line, { pool, onWarning: log }) ?? createHostPool(pool)
  const options = toolSourceOptions(line, { signal, onWarning: log })
  await using source = await openToolSource({ ...options, retryStarts: true })
  const texts = new StatusTexts(source.failures)
  const logStatus = (status: McpServerStatus): void => {
    const text = texts.textOf(status)
    if (text !== null) log(text)
  }
  for (const status of source.status) if (status.state === 'failed') logStatus(status)
  if (source.sources === 0) log(noToolsText(source))
  const sessions = watchedBy(line)
  await using server = createMcpServer({
    ...settings,
    ...(sessions === null ? {} : { watchSession: sessions.watch }),
    hosts,
    engine: engine.session,
    ...storedIn(line, location),
    tools: source.tools,
    missingServers: missingIn(source),
    onError: (error) => log(messageOf(error)),
  })
  source.onToolsChanged((tools) => server.setTools(tools, { missingServers: missingIn(source) }))
  source.onStatusChanged(logStatus)
  await using page = await serveConsoleOf(line, { sessions, location, jwt, tokens, source, hosts, log })
  if (page !== null) log(`Console ${page.shownUrl}`)
  if (tokens === null) await serveStdio(server, { signal })
  else await serveUntilInterrupted(server, line, tokens, { signal, drainTimes, address, location, fleet, jwt, log })
  return exitCodes.completed
}

function missingIn({ failures }: ToolSource): readonly string[] {
  return failures.map(({ server }) => server)
}

async function serveUntilInterrupted(
  server: CodecellMcpServer,
  line: CommandLine,
  { tokens, isNew }: Tokens,
  { signal, drainTimes, address, location, fleet, jwt, log }: Serving,
): Promise<void> {
  const corsOrigin = line.text('cors')
  await using http = await serveHttp(server, {
    tokens,
    port: line.number('http') ?? 0,
    ...address,
    ...(corsOrigin === undefined ? {} : { corsOrigin }),
    ...(fleet === null ? {} : { fleet }),
    ...(jwt === null ? {} : { jwt }),
    onError: (error) => log(messageOf(error)),
  })
  log(`Serving ${http.url}`)
  if (isNew) log(`Token, generated for this run: ${tokens.join('')}`)
  const ended = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => ended.resolve(), { once: true })
  if (signal.aborted) ended.resolve()
  await ended.promise
  void markAsDraining(location)
  log(`Draining for at most ${drainTimes.timeoutMs} ms`)
  await http.drain(drainTimes)
}

/** Records in a shared store that this node drains. A store that is away does not delay the drain. */
async function markAsDraining(location: SessionLocation | null): Promise<void> {
  if (location === null || !('store' in location.options)) return
  await markDraining(location.options.store).catch(() => undefined)
}

/** Returns the address to listen on, and the accepted host names. */
function addressOf(line: CommandLine): Pick<ServeHttpOptions, 'address' | 'hosts'> {
  const address = line.text('http-address')
  const hosts = line.list('http-host').flatMap((list) => list.split(',').map((host) => host.trim()))
  const wrong = hosts.find((host) => !/^[^\s/@?#]+$/.test(host))
  if (wrong !== undefined) {
    throw usageError(
      serveSpec,
      `Cannot use --http-host "${wrong}": expected a host name, with a port unless it is the default`,
    )
  }
  return { ...(address === undefined ? {} : { address }), hosts }
}

/** Returns how long calls in progress have after a signal. */
function drainTimesOf(line: CommandLine): Required<DrainOptions> {
  const timeoutMs = line.number('drain-timeout') ?? defaultDrainMs
  const yieldMs = line.number('drain-yield') ?? Math.floor(timeoutMs / 2)
  if (yieldMs <= timeoutMs && timeoutMs <= maxDrainMs) return { timeoutMs, yieldMs }
  const expected = yieldMs > timeoutMs ? `--drain-yield to be at most ${timeoutMs}` : 'at most a day'
  throw usageError(serveSpec, `Cannot use these times: expected ${expected}`)
}

async function settingsOf(line: CommandLine, log: Log): Promise<Omit<McpServerSettings, 'tools'>> {
  const maxYieldTimeMs = line.number('max-yield')
  const trace = line.text('trace')
  const schema = traceSchemaOf(serveSpec, line)
  const toolTimeoutMs = line.number('tool-timeout')
  return {
    ask: askFlag(line) ?? 'destructive',
    readOnly: line.has('read-only'),
    passthrough: line.has('passthrough'),
    ...(trace === undefined ? {} : { traces: (await import('./client-traces.ts')).clientTraces(trace, schema, log) }),
    ...(maxYieldTimeMs === undefined ? {} : { maxYieldTimeMs }),
    ...(toolTimeoutMs === undefined ? {} : { limits: { toolTimeoutMs } }),
  }
}

/** Returns the location of the sessions; null for sessions in memory. */
function serveLocation(line: CommandLine, env: Io['env']): SessionLocation | null {
  const session = line.text('session')
  const location = session === undefined && !isFleet(line, env) ? flagLocation(line) : locationOf(line, env)
  if (location === null && session !== undefined)
    throw usageError(serveSpec, 'Cannot use --session without --durable DIR or --store URL')
  if (session !== undefined && line.has('http'))
    throw usageError(serveSpec, 'Cannot use --session with --http: each token has its own session')
  return location
}

function storedIn(
  line: CommandLine,
  location: SessionLocation | null,
): Pick<McpServerSettings, 'storage' | 'store' | 'sessionId'> {
  const session = line.text('session')
  return { ...location?.options, ...(session === undefined ? {} : { sessionId: session }) }
}
